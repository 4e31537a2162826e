//! The reader: limits, positions, tags and files. None of it may panic, and each refusal is one
//! clear error with a place.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path as FilePath, PathBuf};

use proptest::prelude::*;

use super::limits::{MAX_DEPTH, MAX_FILE_BYTES, MAX_FILES, MAX_NODES, MAX_SECRET_BYTES};
use super::{Budget, Node, Source, Sources, Value, load, read, tags};
use crate::diagnostic::{Diagnostic, Report};

fn parse(text: &str) -> (Option<Node>, Vec<Diagnostic>) {
    let source = Source::submitted("a.yaml", text);
    let mut report = Report::default();
    let node = read(0, &source, &mut Budget::default(), &mut report);
    (node, report.finish(&Sources::from_iter([source])))
}

/// The only finding, as `line:column message`.
fn refusal(text: &str) -> String {
    let (_, found) = parse(text);
    assert_eq!(found.len(), 1, "{found:#?}");
    format!("{}:{} {}", found[0].line, found[0].column, found[0].message)
}

#[test]
fn values_stand_where_they_stand() {
    let (node, found) = parse("a:\n  - x: 1\n    \"y\": [ü, *no]\n".replace("*no", "two").as_str());
    assert_eq!(found, []);
    let node = node.unwrap();
    let item = &node.get("a").unwrap().items()[0];
    assert_eq!(format!("{node:?}"), r#"{"a": [{"x": 1, "y": ["ü", "two"]}]}"#);
    let place = |node: &Node| (node.span.start.line, node.span.start.column, node.span.end.column);
    assert_eq!(place(item.get("x").unwrap()), (2, 8, 9));
    let list = item.get("y").unwrap();
    assert_eq!(place(list), (3, 10, 18));
    // Columns count characters, not bytes.
    assert_eq!(place(&list.items()[1]), (3, 14, 17));
    assert_eq!(item.entries()[1].0.span.start.column, 5);
}

#[test]
fn quoting_decides_the_type() {
    let (node, _) = parse("{a: 1, b: \"1\", c: 'true', d: true, e: , f: ~, 1: x, true: y}");
    let node = node.unwrap();
    assert_eq!(
        format!("{node:?}"),
        r#"{"a": 1, "b": "1", "c": "true", "d": true, "e": null, "f": null, "1": "x", "true": "y"}"#
    );
}

#[test]
fn line_ends_of_every_kind_count_the_same() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["a: 1", "b: 2", "a: 3", ""].join(end);
        let (_, found) = parse(&text);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].line, found[0].column), (3, 1), "{end:?}");
        assert_eq!(found[0].source.as_deref(), Some("a: 3"));
    }
}

#[test]
fn a_duplicate_key_names_both_places() {
    let (node, found) = parse("one:\n  a: 1\n  b: 2\n  a: 3\n");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].line, found[0].column, &*found[0].path), (4, 3, "one.a"));
    let related = found[0].related.clone().unwrap();
    assert_eq!((related.line, related.column), (2, 3));
    // The first one stays.
    assert!(node.unwrap().get("one").unwrap().get("a").unwrap().value == Value::Integer(1));
}

#[test]
fn what_is_not_yaml_is_one_error_with_a_place() {
    assert!(refusal("a: [1, 2\nb: 3\n").starts_with("2:"));
    assert!(refusal("a: b: c\n").starts_with("1:5 not YAML"));
    assert!(refusal("a:\n\tb: 1\n").starts_with("2:"));
    assert!(refusal("a: *nowhere\n").starts_with("1:4"));
    assert!(refusal("a: \"open\n").contains("not YAML"));
    assert!(refusal("a: 1\n---\nb: 2\n").starts_with("2:1 a second document"));
    assert!(refusal("? [a, b]\n: 1\n").contains("a key must be text"));
    assert!(refusal("!env A: 1\n").contains("a key cannot have a tag"));
    assert!(refusal("a: &x [*x]\n").contains("inside what it repeats"));
    assert!(refusal("a: @at\n").contains("not YAML"));
}

#[test]
fn the_usual_slips_are_explained() {
    let (_, found) = parse("when: !proven(\"any\")\n");
    assert!(found[0].suggestion.as_ref().unwrap().contains("write `not`"), "{found:?}");
    let (_, found) = parse("a:\n\tb: 1\n");
    assert!(found[0].suggestion.as_ref().unwrap().contains("indent with spaces"));
}

#[test]
fn characters_that_nobody_sees_are_refused() {
    // NUL is the end of the file to parsers: what follows would be hidden from the check.
    assert_eq!(refusal("a: 1\nb: \0\nc: 3\n"), "2:4 the character U+0000 is not allowed in YAML");
    assert_eq!(refusal("a: \u{7}"), "1:4 the character U+0007 is not allowed in YAML");
    assert_eq!(refusal("a: 1\n\u{feff}b: 2"), "2:1 the character U+FEFF is not allowed in YAML");
    assert!(refusal("a: \u{202e}evil").contains("changes the direction of text"));
}

#[test]
fn nesting_is_bounded_at_every_size() {
    let deepest = format!("{}1{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    assert_eq!(parse(&deepest).1, []);
    for size in [MAX_DEPTH + 1, 1_000, 100_000, 1_000_000] {
        for open in ["[", "{a: ", "- ", "? "] {
            let (node, found) = parse(&open.repeat(size.min(1_000_000 / open.len())));
            assert!(node.is_none());
            assert_eq!(found.len(), 1, "{open} {size}");
        }
    }
    let (_, found) = parse(&"[".repeat(MAX_DEPTH + 1));
    assert_eq!((found[0].line, found[0].column), (1, MAX_DEPTH + 1));
    assert!(found[0].message.contains("nested deeper than 64"));
}

#[test]
fn an_alias_counts_as_if_it_were_written_out() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let alias = format!("*a{}", level - 1);
        writeln!(bomb, "a{level}: &a{level} [{}]", vec![alias; 10].join(", ")).unwrap();
    }
    assert!(refusal(&bomb).contains("more than 200000 values"));
    let few = "a: &a [1, 2]\nb: *a\nc: [*a, *a]\n";
    let (node, found) = parse(few);
    assert_eq!(found, []);
    assert_eq!(
        format!("{:?}", node.unwrap()),
        r#"{"a": [1, 2], "b": [1, 2], "c": [[1, 2], [1, 2]]}"#
    );
}

#[test]
fn anchors_within_each_other_do_not_multiply() {
    let open: Vec<String> = (0..MAX_DEPTH).map(|level| format!("&a{level} [")).collect();
    let open = open.concat();
    let values = "1,".repeat(MAX_NODES / 10);
    let text = format!("{open}{values}{}", "]".repeat(MAX_DEPTH));
    assert!(refusal(&text).contains("more than 200000 values"));
}

#[test]
fn values_are_bounded_over_all_files() {
    let source = Source::submitted("a.yaml", format!("[{}]", "1,".repeat(MAX_NODES / 2)));
    let (mut budget, mut report) = (Budget::default(), Report::default());
    assert!(read(0, &source, &mut budget, &mut report).is_some());
    assert!(read(0, &source, &mut budget, &mut report).is_none());
    assert_eq!(report.len(), 1);
}

fn write(folder: &FilePath, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path
}

fn loaded(paths: &[PathBuf]) -> (Vec<String>, Vec<Diagnostic>) {
    let mut report = Report::default();
    let sources = load(paths, &mut report);
    let names = sources
        .iter()
        .map(|(_, source)| source.name.rsplit('/').next().unwrap().to_owned())
        .collect();
    (names, report.finish(&sources))
}

#[test]
fn a_folder_stands_for_its_yaml_files() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b.yaml", "a.yml", "sub/c.yaml", ".hidden.yaml", ".git/d.yaml", "notes.txt"] {
        write(folder.path(), name, "a: 1");
    }
    let (names, found) = loaded(&[folder.path().to_owned(), folder.path().join("b.yaml")]);
    assert_eq!(
        (names, found),
        (vec!["a.yml".to_owned(), "b.yaml".to_owned(), "c.yaml".to_owned()], vec![])
    );
    let empty = tempfile::tempdir().unwrap();
    assert!(loaded(&[empty.path().to_owned()]).1[0].message.contains("no *.yaml"));
    assert!(loaded(&[empty.path().join("none.yaml")]).1[0].message.contains("cannot be read"));
}

#[test]
fn files_are_bounded_in_size_and_number_and_must_be_utf8() {
    let folder = tempfile::tempdir().unwrap();
    let length = usize::try_from(MAX_FILE_BYTES).unwrap();
    let fits = write(folder.path(), "fits.yaml", "#".repeat(length));
    assert_eq!(loaded(&[fits]).1, []);
    let large = write(folder.path(), "large.yaml", "#".repeat(length + 1));
    assert_eq!(loaded(&[large]).1[0].message, "is larger than 1024 KiB");
    let latin = write(folder.path(), "latin.yaml", b"a: 1\nb: x\xfcx\n");
    let (_, found) = loaded(&[latin]);
    assert_eq!((found[0].line, found[0].column), (2, 5));
    let utf16 = write(folder.path(), "utf16.yaml", b"\xff\xfea\0");
    assert!(loaded(&[utf16]).1[0].message.contains("UTF-16"));
    assert!(loaded(&["/dev/zero".into()]).1[0].message.contains("not a regular file"));
    let many = tempfile::tempdir().unwrap();
    for number in 0..=MAX_FILES {
        write(many.path(), &format!("{number:04}.yaml"), "a: 1");
    }
    let (names, found) = loaded(&[many.path().to_owned()]);
    assert_eq!((names.len(), found.len()), (MAX_FILES + 1, 1));
    assert!(
        found[0].message.contains("at most 1000 files") && found[0].file.ends_with("1000.yaml")
    );
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "bom.yaml", "\u{feff}a: 1\n");
    let mut report = Report::default();
    let sources = load(&[path], &mut report);
    let node = read(0, sources.get(0).unwrap(), &mut Budget::default(), &mut report).unwrap();
    assert_eq!(node.entries()[0].0.span.start.column, 1);
    assert_eq!(report.len(), 0);
}

/// Resolves the tags of one file.
fn resolved(path: PathBuf, strict: bool) -> (Node, Vec<Diagnostic>) {
    let mut report = Report::default();
    let sources = load(&[path], &mut report);
    resolve(&sources, strict, report)
}

fn resolve(sources: &Sources, strict: bool, mut report: Report) -> (Node, Vec<Diagnostic>) {
    let node = read(0, sources.get(0).unwrap(), &mut Budget::default(), &mut report).unwrap();
    let given = BTreeMap::from([("given".to_owned(), "5".to_owned())]);
    let environment = |name: &str| (name == "SET").then(|| "hunter2".to_owned());
    let mut roots = [node];
    tags::resolve(
        &mut roots,
        &tags::Lookup { sources, given: &given, environment: &environment, strict },
        &mut report,
    );
    let [node] = roots;
    (node, report.finish(sources))
}

#[test]
fn tags_become_values() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "secrets/google", "from a file\n");
    let text = "vars: { own: 7 }\na: !env SET\nb: !env [UNSET, fallback]\nc: !file secrets/google\nd: !var own\ne: !var given\n";
    let (node, found) = resolved(write(folder.path(), "a.yaml", text), true);
    assert_eq!(found, []);
    let text = |name: &str| node.get(name).unwrap().to_json().to_string();
    assert_eq!(
        ["a", "b", "c", "d", "e"].map(text),
        ["\"hunter2\"", "\"fallback\"", "\"from a file\"", "7", "\"5\""]
    );
    let shown = format!("{node:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("from a file"), "{shown}");
    assert_eq!(node.get("a").unwrap().shown(), "the value of `!env SET`");
}

#[test]
fn a_file_is_never_read_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "outside", "secret");
    write(folder.path(), "in/inside", "fine");
    let inside = folder.path().join("in");
    std::os::unix::fs::symlink(folder.path().join("outside"), inside.join("link")).unwrap();
    std::os::unix::fs::symlink("inside", inside.join("good-link")).unwrap();
    std::os::unix::fs::symlink(folder.path(), inside.join("up")).unwrap();
    for wrong in [
        "../outside",
        "/etc/passwd",
        "link",
        "up/outside",
        "in/../../outside",
        "''",
        "./../outside",
    ] {
        let path = write(&inside, "a.yaml", format!("a: !file {wrong}\n"));
        let (node, found) = resolved(path, true);
        assert_eq!(found.len(), 1, "{wrong}");
        assert!(
            found[0].message.contains("is not below the folder"),
            "{wrong}: {}",
            found[0].message
        );
        assert!(node.get("a").unwrap().value == Value::Unset);
    }
    let (node, found) = resolved(write(&inside, "a.yaml", "a: !file good-link\n"), true);
    assert_eq!((node.get("a").unwrap().text(), found.len()), (Some("fine"), 0));
    write(&inside, "large", vec![b'x'; usize::try_from(MAX_SECRET_BYTES).unwrap() + 1]);
    let (_, found) = resolved(write(&inside, "a.yaml", "a: !file large\n"), true);
    assert!(found[0].message.contains("larger than 64 KiB"));
    let (_, found) = resolved(write(&inside, "a.yaml", "a: !file .\n"), true);
    assert!(found[0].message.contains("not a regular file"));
}

#[test]
fn what_is_not_set_is_an_error_only_where_secrets_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "a.yaml", "a: !env UNSET\nb: !file nowhere\n");
    for (strict, severity) in [(true, crate::Severity::Error), (false, crate::Severity::Warning)] {
        let (_, found) = resolved(path.clone(), strict);
        assert_eq!(
            found.iter().map(|found| found.severity).collect::<Vec<_>>(),
            [severity, severity]
        );
    }
}

#[test]
fn a_submitted_text_reaches_neither_environment_nor_disk() {
    for text in ["a: !env SET", "a: !env [SET, x]", "a: !file Cargo.toml", "a: !file /etc/passwd"] {
        let sources = Sources::from_iter([Source::submitted("upload", text)]);
        let (node, found) = resolve(&sources, false, Report::default());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].severity, crate::Severity::Error);
        assert!(found[0].message.contains("only in files on the server"), "{}", found[0].message);
        assert!(node.get("a").unwrap().value == Value::Unset);
    }
}

#[test]
fn other_tags_are_errors() {
    for (text, suggestion) in [
        ("a: !Env SET", "did you mean `!env`?"),
        ("a: !envv SET", "did you mean `!env`?"),
        ("a: !!str 1", "the tags are"),
        ("a: !include other.yaml", "the tags are"),
        ("a: !proven", "the tags are"),
        ("a: ! x", "the tags are"),
    ] {
        let sources = Sources::from_iter([Source::submitted("a", text)]);
        let (_, found) = resolve(&sources, true, Report::default());
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!((found[0].line, found[0].column), (1, 4));
        assert!(found[0].suggestion.as_ref().unwrap().contains(suggestion), "{text}: {found:?}");
    }
    for text in [
        "a: !env [A, b, c]",
        "a: !env {}",
        "a: !file [x]",
        "vars: { a: !var b }",
        "a: !var",
        "a: !env [!env A, b]",
    ] {
        let sources = Sources::from_iter([Source {
            origin: super::Origin::Operator { folder: "/".into() },
            ..Source::submitted("a", text)
        }]);
        let (_, found) = resolve(&sources, true, Report::default());
        assert!(found.iter().any(|found| found.severity == crate::Severity::Error), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever the bytes, the reader answers, and what it finds lies inside the file.
    #[test]
    fn no_text_makes_the_reader_panic(text in r#"[\[\]{}:,&*!|>'"%@`#\-? \n\r\tab01.~é]{0,120}"#) {
        let (_, found) = parse(&text);
        let lines: Vec<&str> = super::source::lines(&text).collect();
        for found in found {
            prop_assert!(found.line >= 1 && found.line <= lines.len().max(1), "{found:?}");
            prop_assert!(found.column >= 1);
        }
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(text) = super::source::decode(&bytes) {
            parse(&text);
        }
    }
}
