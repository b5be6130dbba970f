//! All integration tests, in one binary.

<<<<<<< HEAD
mod intake;
mod gate;
=======
mod demo;
>>>>>>> demo
