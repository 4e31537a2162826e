//! The operations, in the order of the table.

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

use crate::client::Client;
use crate::measure::{Cost, Measured, cost};
use crate::server::ADDRESS;
use crate::walk::Walker;

/// How long each operation is run, in seconds; more is steadier.
const SECONDS: u64 = 4;

/// Connections at once.
const THREADS: usize = 8;

/// What is to be beaten, in CPU microseconds.
const DISCOVERY: &str = "15 (dex)";
const JWKS: &str = "30 (dex, rauthy)";
const USERINFO: &str = "110 (dex)";
const SIGN_IN: &str = "2765 (node-oidc-provider)";
const SIGN_IN_HASHED: &str = "14700, 14600 of it the hash";

/// Measures everything and prints the table.
pub(crate) fn table() {
    println!("server on core {}, load on core {}", crate::SERVER_CORE, crate::LOAD_CORE);
    println!("{:<44}{:>12}{:>12}   to beat", "operation", "CPU µs/op", "op/s");
    row("one ES256 signature (aws-lc-rs)", signature(), "");
    row("one password hash (argon2id, 19 MiB, 2, 1)", password_hash(), "");
    let own = std::env::current_exe().unwrap();
    {
        let server = Measured::start(&own, &["hello"]);
        wait_for("/");
        row("bare axum hello", get(&server, "/"), "");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bench.db");
    databases(&own, "SQLite, durable commits", path.to_str().unwrap(), folder.path());
    match std::env::var("TEST_DATABASE_URL") {
        Ok(url) => {
            let folder = tempfile::tempdir().unwrap();
            databases(&own, "PostgreSQL", &url, folder.path());
        }
        Err(_) => println!("PostgreSQL: not measured (tests/with-postgres sets TEST_DATABASE_URL)"),
    }
    memory(&own);
    start_and_size();
}

fn databases(own: &std::path::Path, name: &str, database: &str, folder: &std::path::Path) {
    println!("-- {name}");
    {
        let server = Measured::start(own, &["server", "none", database, folder.to_str().unwrap()]);
        wait_for("/readyz");
        row("discovery", get(&server, "/.well-known/openid-configuration"), DISCOVERY);
        row("JWKS", get(&server, "/oauth/jwks"), JWKS);
        row("userinfo", userinfo(&server), USERINFO);
        row("flow page (GET)", flow_page(&server), "");
        row("flow step (POST, one durable commit)", flow_step(&server), "");
        row("authorize (signed in) + token issue", token(&server), "");
        row("whole sign-in without hashing", sign_in(&server), SIGN_IN);
    }
    // The person's hash in this database is a cheap one until the first sign-in writes it anew.
    let server = Measured::start(own, &["server", "argon2id", database, folder.to_str().unwrap()]);
    wait_for("/readyz");
    row("whole sign-in with argon2id", sign_in(&server), SIGN_IN_HASHED);
    println!("{:<44}{:>12.1} ms", "slowest discovery during an argon2 storm", storm());
}

fn row(name: &str, cost: Cost, beat: &str) {
    println!("{name:<44}{:>12.1}{:>12.0}   {beat}", cost.micros, cost.rate);
}

fn wait_for(path: &str) -> Duration {
    let started = Instant::now();
    loop {
        if std::net::TcpStream::connect(ADDRESS).is_ok()
            && Client::connect(ADDRESS).get(path, "Connection: close\r\n").status == 200
        {
            return started.elapsed();
        }
        assert!(started.elapsed() < Duration::from_secs(30), "the server does not start");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn get(server: &Measured, path: &str) -> Cost {
    cost(
        server,
        SECONDS,
        THREADS,
        |_| Client::connect(ADDRESS),
        |client| {
            assert_eq!(client.get(path, "").status, 200);
        },
    )
}

fn userinfo(server: &Measured) -> Cost {
    let mut walker = Walker::new(ADDRESS, 0);
    let location = walker.sign_in();
    let token = walker.exchange(&Walker::code(&location));
    let headers = format!("Authorization: Bearer {token}\r\n");
    cost(
        server,
        SECONDS,
        THREADS,
        |_| Client::connect(ADDRESS),
        |client| {
            assert_eq!(client.get("/oauth/userinfo", &headers).status, 200);
        },
    )
}

fn flow_page(server: &Measured) -> Cost {
    let start = |number| {
        let mut walker = Walker::new(ADDRESS, number);
        let flow = walker.begin_flow();
        (walker, flow)
    };
    cost(server, SECONDS, THREADS, start, |(walker, flow)| {
        assert_eq!(walker.page(flow).status, 200);
    })
}

fn flow_step(server: &Measured) -> Cost {
    let start = |number| {
        let mut walker = Walker::new(ADDRESS, number);
        let flow = walker.begin_flow();
        let csrf = walker.form_token(&flow);
        (walker, flow, csrf, 0)
    };
    cost(server, SECONDS, THREADS, start, |(walker, flow, csrf, step)| {
        walker.step(flow, csrf, *step);
        *step += 1;
    })
}

fn token(server: &Measured) -> Cost {
    let start = |number| {
        let mut walker = Walker::new(ADDRESS, number);
        walker.sign_in();
        walker
    };
    cost(server, SECONDS, THREADS, start, |walker| {
        let location = walker.authorize();
        walker.exchange(&Walker::code(&location));
    })
}

fn sign_in(server: &Measured) -> Cost {
    cost(
        server,
        SECONDS,
        THREADS,
        |number| Walker::new(ADDRESS, number),
        |walker| {
            let location = walker.sign_in();
            walker.exchange(&Walker::code(&location));
        },
    )
}

/// How long discovery takes at the most, in milliseconds, while passwords are hashed without a pause.
fn storm() -> f64 {
    let end = Instant::now() + Duration::from_secs(SECONDS);
    std::thread::scope(|scope| {
        for number in 0..THREADS {
            scope.spawn(move || {
                let mut walker = Walker::new(ADDRESS, number);
                while Instant::now() < end {
                    walker.sign_in();
                }
            });
        }
        let mut client = Client::connect(ADDRESS);
        let mut slowest = Duration::ZERO;
        while Instant::now() < end {
            let asked = Instant::now();
            client.get("/.well-known/openid-configuration", "");
            slowest = slowest.max(asked.elapsed());
            std::thread::sleep(Duration::from_millis(5));
        }
        slowest.as_secs_f64() * 1e3
    })
}

/// Resident memory idle and after 10,000 and 20,000 sign-ins, on SQLite.
fn memory(own: &std::path::Path) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bench.db");
    let arguments = ["server", "none", path.to_str().unwrap(), folder.path().to_str().unwrap()];
    let server = Measured::start(own, &arguments);
    wait_for("/readyz");
    std::thread::sleep(Duration::from_secs(1));
    let idle = server.memory();
    let sign_ins = |count: usize| {
        std::thread::scope(|scope| {
            for number in 0..THREADS {
                scope.spawn(move || {
                    let mut walker = Walker::new(ADDRESS, number);
                    for _ in 0..count / THREADS {
                        let location = walker.sign_in();
                        walker.exchange(&Walker::code(&location));
                    }
                });
            }
        });
    };
    sign_ins(10_000);
    let ten = server.memory();
    sign_ins(10_000);
    let twenty = server.memory();
    println!("-- resident memory");
    println!("{:<44}{idle:>12.1} MiB   20 (dex), 55 (rauthy)", "idle");
    println!("{:<44}{ten:>12.1} MiB", "after 10,000 sign-ins");
    println!("{:<44}{twenty:>12.1} MiB", "after 20,000 sign-ins");
}

/// Cold start of the product itself, on a new and on an existing database, and its size.
fn start_and_size() {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_flowgate"));
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    println!("-- the product");
    for name in ["first start (makes database and keys) to 200", "cold start to the first 200"] {
        let arguments = ["serve", "--listen", ADDRESS, "--data", data];
        let _server = Measured::start(&program, &arguments);
        let took = wait_for("/healthz").as_secs_f64();
        println!("{name:<44}{took:>12.3} s     0.1");
    }
    let size = std::fs::metadata(&program).unwrap().len() / 1024 / 1024;
    println!("{:<44}{size:>12} MiB", "size of the binary");
}

fn signature() -> Cost {
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    alone(2_000, || {
        black_box(key.sign(&random, black_box(b"header.payload")).unwrap());
    })
}

fn password_hash() -> Cost {
    let params = argon2::Params::DEFAULT;
    let mut memory = vec![argon2::Block::default(); params.block_count()];
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    alone(40, || {
        let mut out = [0_u8; 32];
        argon2
            .hash_password_into_with_memory(b"password", b"0123456789abcdef", &mut out, &mut memory)
            .unwrap();
        black_box(out);
    })
}

/// The cost of something that this process does by itself.
fn alone(count: u32, mut operation: impl FnMut()) -> Cost {
    operation();
    let started = Instant::now();
    for _ in 0..count {
        operation();
    }
    let seconds = started.elapsed().as_secs_f64();
    Cost { micros: seconds * 1e6 / f64::from(count), rate: f64::from(count) / seconds }
}
