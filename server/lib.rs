//! The server: what stands between the crates and the network.

pub mod render;
