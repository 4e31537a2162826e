//! From files to a tree that knows where each of its values stands.
//!
//! [`source`] finds and decodes files, [`tree`] turns the events of the YAML parser into [`Node`]s
//! within the limits of [`limits`], [`scalar`] knows what plain text means, and [`tags`] puts
//! values in place of `!env`, `!file` and `!var`. A new tag is one arm in [`tags`].

pub(crate) mod limits;
mod node;
mod scalar;
mod source;
pub(crate) mod tags;
mod tree;

#[cfg(test)]
mod tests;

pub(crate) use node::{Given, Key, Mark, Node, Span, Value};
pub(crate) use scalar::plain;
pub(crate) use source::changes_direction;
pub use source::{Origin, Source};
pub(crate) use source::{Sources, load};
pub(crate) use tree::{Budget, read};
