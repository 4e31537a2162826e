//! Each stage kind by itself, in a flow that has little else: one file per kind.

mod message;
