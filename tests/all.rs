//! All integration tests, in one binary.

<<<<<<< HEAD
mod determinism;
mod kill;
mod oracle;
mod rand_hie;
mod tidy;
mod workspace;
=======
<<<<<<< HEAD
mod intake;
mod gate;
=======
mod demo;
>>>>>>> demo
>>>>>>> main
