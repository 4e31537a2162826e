#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use engine::Passwords;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;

/// A blueprint whose one flow has this title.
fn blueprint(title: &str) -> String {
    format!(
        "flowgate: 1\nname: test\nflows:\n  sign-in:\n    use: authentication\n    title: {title}\n    \
         stages:\n      - identify: {{}}\n      - password: {{}}\n      - gate: {{}}\n      - login: {{}}\n"
    )
}

fn settings(folder: &TempDir, pairs: &[(&'static str, &str)]) -> Settings {
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let fixed = [("data", data), ("listen", "127.0.0.1:0")];
    Settings::of(fixed.into_iter().chain(pairs.iter().copied())).unwrap()
}

async fn open(settings: Settings) -> Result<Arc<App>, StartError> {
    let ambient = Ambient::system();
    let passwords = Passwords::cheap(1, ambient.clone()).unwrap();
    App::with_passwords(settings, ambient, passwords).await
}

fn title(app: &App) -> String {
    app.engine.catalogue().find("sign-in").unwrap().title().unwrap().to_owned()
}

async fn wait_for(is_so: impl AsyncFn() -> bool) {
    for _ in 0..300 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never was so");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_makes_what_is_missing_and_a_second_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let app = open(settings(&folder, &[])).await.unwrap();
    assert_eq!(app.engine.catalogue().version(), 1);
    assert!(app.engine.catalogue().stated().count() > 0);
    let key = folder.path().join("data/secret.key");
    let first = std::fs::read(&key).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&key), 0o600);
        assert_eq!(mode(&folder.path().join("data")), 0o700);
    }
    drop(app);
    let app = open(settings(&folder, &[])).await.unwrap();
    assert_eq!(app.engine.catalogue().version(), 1);
    assert_eq!(std::fs::read(&key).unwrap(), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_flows_give_way_to_an_applied_blueprint_for_good() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(settings(&folder, &[])).await.unwrap());
    let file = folder.path().join("own.yaml");
    std::fs::write(&file, blueprint("Mine")).unwrap();
    let own = [("blueprints", file.to_str().unwrap())];
    let app = open(settings(&folder, &own)).await.unwrap();
    assert_eq!((title(&app), app.engine.catalogue().version()), ("Mine".to_owned(), 2));
    drop(app);
    let app = open(settings(&folder, &[])).await.unwrap();
    assert_eq!((title(&app), app.engine.catalogue().version()), ("Mine".to_owned(), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blueprint_without_flows_stands_on_the_shipped_ones() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.yaml");
    let text = "flowgate: 1\nname: test\norganisations:\n  acme: { name: Acme }\n";
    std::fs::write(&file, text).unwrap();
    let own = [("blueprints", file.to_str().unwrap())];
    let app = open(settings(&folder, &own)).await.unwrap();
    let catalogue = app.engine.catalogue();
    assert!(catalogue.find("sign-in").is_some());
    drop(app);
    let app = open(settings(&folder, &own)).await.unwrap();
    assert_eq!(app.engine.catalogue().version(), catalogue.version());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_first_starts_at_once_are_one() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = tokio::join!(open(settings(&folder, &[])), open(settings(&folder, &[])));
    let versions = [one, two].map(|app| app.unwrap().engine.catalogue().version());
    assert_eq!(versions, [1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_the_blueprint_ends_the_start_with_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let blueprints = folder.path().join("blueprints");
    std::fs::create_dir(&blueprints).unwrap();
    std::fs::write(blueprints.join("a.yaml"), blueprint("A").replace("gate: {}", "gaet: {}"))
        .unwrap();
    std::fs::write(blueprints.join("b.yaml"), "flowgate: 1\nname: test\nclint: {}\n").unwrap();
    let own = [("blueprints", blueprints.to_str().unwrap())];
    let error = open(settings(&folder, &own)).await.unwrap_err();
    let StartError::Blueprint(diagnostics) = error else { panic!("{error}") };
    let text = blueprints::render_text(&diagnostics, false);
    assert!(text.contains("a.yaml:10:") && text.contains("b.yaml:3:"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_applied_while_running_and_a_mistake_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.yaml");
    std::fs::write(&file, blueprint("One")).unwrap();
    let app = open(settings(&folder, &[("blueprints", file.to_str().unwrap())])).await.unwrap();
    let (trigger, shutdown) = Shutdown::new();
    let jobs = jobs(&app, &shutdown);
    std::fs::write(&file, blueprint("Two")).unwrap();
    wait_for(async || title(&app) == "Two").await;
    std::fs::write(&file, "flowgate: 1\nname: test\nflows: 7\n").unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!((title(&app), app.engine.catalogue().version()), ("Two".to_owned(), 2));
    std::fs::write(&file, blueprint("Three")).unwrap();
    wait_for(async || title(&app) == "Three").await;
    trigger.stop();
    stop(jobs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_in_a_language_that_is_not_there_end_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let error = open(settings(&folder, &[("default-language", "tlh")])).await.unwrap_err();
    assert!(error.to_string().contains("--default-language"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_address_is_said_with_the_flag_that_changes_it() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let settings = Settings::of([("listen", address.as_str())]).unwrap();
    let error = listen(&settings).await.unwrap_err().to_string();
    assert!(error.contains(&address) && error.contains("--listen"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_finished_and_no_other_begun() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder, &[]);
    let listener = listen(&settings).await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = open(settings.bound_to(address)).await.unwrap();
    let (trigger, shutdown) = Shutdown::new();
    let serving = tokio::spawn(serve(app, listener, shutdown));

    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("POST /nowhere HTTP/1.1\r\nhost: {address}\r\ncontent-length: 4\r\n\r\nab");
    stream.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    trigger.stop();
    wait_for(async || TcpStream::connect(address).await.is_err()).await;
    stream.write_all(b"cd").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn whoever_could_say_stop_is_gone_says_stop() {
    let (trigger, mut shutdown) = Shutdown::new();
    assert!(shutdown.sleep(Duration::from_millis(10)).await);
    drop(trigger);
    assert!(!shutdown.sleep(Duration::from_mins(1)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn tidying_an_empty_database_forgets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let app = open(settings(&folder, &[])).await.unwrap();
    assert_eq!(janitor::tidy(&app.store).await.unwrap(), 0);
}
