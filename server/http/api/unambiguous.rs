//! JSON of which no two readers could think differently: an object in which every name stands once,
//! at every depth, and nothing behind it. Where a name stood twice, one reader (a proxy's rules, a log)
//! would believe the first value and another the last.

use std::fmt;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::{Map, Value};

use super::super::failure::Failure;
use super::problem::Problem;
use crate::app::App;

/// The body of a request to the API, which a handler takes as its last argument: an object, sent as
/// `application/json`, which a page of another site cannot send without asking first. No body at all
/// is the empty object.
pub(in super::super) struct Json<T>(pub(in super::super) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Failure> {
        let is_typed = request.headers().contains_key(header::CONTENT_TYPE);
        let checked = check_type(request.headers());
        let body = Bytes::from_request(request, app).await.map_err(|_| Failure::TooLarge)?;
        if body.is_empty() && (!is_typed || checked.is_ok()) {
            let empty = serde_json::from_value(Value::Object(Map::new()));
            return empty.map(Self).map_err(|error| malformed(&error));
        }
        checked?;
        let read = object(&body).map(Self);
        read.map_err(|error| malformed(&error))
    }
}

/// What was sent is none of what is taken. Names of fields are told; values, which may be secret, are
/// not repeated.
fn malformed(error: &serde_json::Error) -> Failure {
    let text = error.to_string();
    let is_about_names = text.starts_with("unknown field") || text.starts_with("missing field");
    let detail =
        if is_about_names { &text } else { "a JSON object of the documented fields is taken" };
    Problem::malformed(detail).into()
}

/// Whether a body says that it is JSON.
pub(super) fn check_type(headers: &HeaderMap) -> Result<(), Failure> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
    if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
        Ok(())
    } else {
        Err(Failure::UnsupportedMediaType)
    }
}

/// Reads an object. A list in its place, which serde would take for the fields in their order, is
/// none. It nests 127 levels deep at most, which is what `serde_json` bears.
pub(super) fn object<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<T> {
    match serde_json::from_slice(body)? {
        Unambiguous(value @ Value::Object(_)) => serde_json::from_value(value),
        _ => Err(serde_json::Error::custom("not an object")),
    }
}

/// A value in which every name stands once.
struct Unambiguous(Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Unambiguous(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Unambiguous(value))) = entries.next_entry::<String, _>()? {
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a name is there twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::object;

    #[test]
    fn reads_what_serde_json_reads() {
        let value = json!({
            "a": [null, true, false, 0, -1, 1.5, u64::MAX, i64::MIN, "x\"y\u{0}", [], {}],
            "b": { "a": { "a": "once per object" } },
        });
        assert_eq!(object::<Value>(value.to_string().as_bytes()).ok(), Some(value));
    }

    #[test]
    fn refuses_what_two_could_read_differently() {
        let deep = format!("{}1{}", "{\"a\":".repeat(128), "}".repeat(128));
        for body in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"b":[{"a":1,"a":2}]}"#,
            r#"[{"a":1}]"#,
            r#"{"a":1}{"a":1}"#,
            r#""a""#,
            "null",
            "",
            &deep,
        ] {
            assert!(object::<Value>(body.as_bytes()).is_err(), "{body}");
        }
    }
}
