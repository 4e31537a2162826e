//! The description itself.

use serde_json::{Map, Value};

use super::operation::{Operation, of};

const TAG: &str = "This description";

/// `GET /api/v1/openapi.json`
pub(in super::super::super) const DOCUMENT: Operation =
    Operation::new(TAG, "The API as an OpenAPI 3.1 document")
        .gives("The document.", of::<Map<String, Value>>);

/// `GET /api/v1/docs`
pub(in super::super::super) const PAGE: Operation =
    Operation::new(TAG, "The same as a page").gives("HTML.", of::<String>);
