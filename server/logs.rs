//! Logs: to standard error, as text or as JSON. What may be said in them is said where it is logged:
//! no secret, no query string, no body. Here is what holds for all: other people's crates, some of
//! which log headers and packets, are heard from `info` up, whatever the filter says.

use std::io::IsTerminal as _;

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogFormat;

/// Our own crates.
const OWN: [&str; 7] =
    ["assurance", "blueprints", "engine", "flowgate", "provider", "stages", "store"];

/// Whether a filter can be read.
///
/// # Errors
/// With the first directive that cannot.
pub fn check(filter: &str) -> Result<(), String> {
    EnvFilter::builder().parse(filter).map(drop).map_err(|error| error.to_string())
}

/// Sets the process's log up. A second call changes nothing.
pub fn init(filter: &str, format: LogFormat) {
    let is_terminal = std::io::stderr().is_terminal();
    let subscriber = subscriber(filter, format, is_terminal, std::io::stderr);
    // Somebody else's subscriber, as in a test, stays.
    drop(subscriber.try_init());
}

fn subscriber<W>(
    filter: &str,
    format: LogFormat,
    colour: bool,
    writer: W,
) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse_lossy(filter).and(filter_fn(is_ours_or_loud));
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    let layer = match format {
        LogFormat::Text => layer.with_ansi(colour).with_filter(filter).boxed(),
        LogFormat::Json => {
            layer.json().flatten_event(true).with_current_span(false).with_filter(filter).boxed()
        }
    };
    Box::new(tracing_subscriber::registry().with(layer))
}

fn is_ours_or_loud(metadata: &Metadata<'_>) -> bool {
    let root = metadata.target().split("::").next().unwrap_or_default();
    *metadata.level() <= Level::INFO || OWN.contains(&root)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(filter: &str, format: LogFormat, log: impl FnOnce()) -> String {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let subscriber = subscriber(filter, format, false, move || writer.clone());
        tracing::subscriber::with_default(subscriber, log);
        String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_line_of_json_is_one_flat_object() {
        let line = logged("info", LogFormat::Json, || {
            tracing::info!(mail = "0190", attempts = 2, "sent\nand done");
        });
        let object: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(object["level"], "INFO");
        assert_eq!(object["mail"], "0190");
        assert_eq!(object["attempts"], 2);
        assert_eq!(object["message"], "sent\nand done");
        assert_eq!(line.lines().count(), 1);
    }

    #[test]
    fn a_value_cannot_make_a_line_of_its_own() {
        let text = logged("info", LogFormat::Text, || {
            tracing::info!(agent = ?"x\n2030-01-01 INFO root signed in\u{1b}[2J", "asked");
        });
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn the_details_of_other_crates_are_never_heard() {
        let text = logged("trace", LogFormat::Text, || {
            tracing::trace!(target: "h2::codec", "authorization: Basic c2VjcmV0");
            tracing::debug!(target: "flowgate::mail", "ours");
            tracing::warn!(target: "h2::codec", "theirs");
        });
        assert!(!text.contains("c2VjcmV0"), "{text}");
        assert!(text.contains("ours") && text.contains("theirs"), "{text}");
    }

    #[test]
    fn a_filter_that_is_none_is_refused() {
        assert!(check("info,engine=debug").is_ok());
        assert!(check("engine=loud").is_err());
    }
}
