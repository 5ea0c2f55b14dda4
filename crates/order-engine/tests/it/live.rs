//! The engine in `live`: the simulated cluster is another process, which it takes for somebody else's, reached by its
//! JSON-RPC alone and with a key from a file.

mod doctor;
mod locks;
mod secrets;
mod trading;
