//! Delivery: the loop under faults and kills, routes, letters, signatures, real servers.

mod simulator;
