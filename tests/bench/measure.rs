//! What the kernel knows of a process.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitCode};
use std::time::{Duration, Instant};

/// Runs this program again with `arguments`, on one core.
pub(crate) fn again_on_core(core: &str, arguments: &[&str]) -> ExitCode {
    let program = std::env::current_exe().unwrap();
    let status = Command::new("taskset").args(["-c", core]).arg(program).args(arguments).status();
    match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(status) => ExitCode::from(
            u8::try_from(status.code().unwrap_or(1))
                .unwrap_or(1)
                .max(u8::from(status.signal().is_some())),
        ),
        Err(error) => panic!("taskset (package util-linux): {error}"),
    }
}

/// A process on the server's core.
pub(crate) struct Measured {
    child: Child,
}

impl Measured {
    /// Starts `program` with `arguments` on the server's core.
    pub(crate) fn start(program: &std::path::Path, arguments: &[&str]) -> Self {
        let child = Command::new("taskset")
            .args(["-c", crate::SERVER_CORE])
            .arg(program)
            .args(arguments)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        Self { child }
    }

    /// The CPU time that it has used in all its threads, also those that ended.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields = stat.rsplit_once(')').unwrap().1;
        let ticks: u64 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(|field| field.parse::<u64>().unwrap())
            .sum();
        // The kernel's USER_HZ is 100 on every architecture that this runs on.
        Duration::from_millis(ticks * 10)
    }

    /// Its resident memory in MiB.
    pub(crate) fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What an operation cost.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// CPU microseconds of the server.
    pub(crate) micros: f64,
    /// Operations in a second of the clock.
    pub(crate) rate: f64,
}

/// Runs `operation` for about `seconds` from `threads` threads and says what one cost.
pub(crate) fn cost<S>(
    server: &Measured,
    seconds: u64,
    threads: usize,
    start: impl Fn(usize) -> S + Sync,
    operation: impl Fn(&mut S) + Sync,
) -> Cost {
    let run = |seconds: u64| {
        let end = Instant::now() + Duration::from_secs(seconds);
        std::thread::scope(|scope| {
            let workers = (0..threads).map(|number| {
                let (start, operation) = (&start, &operation);
                scope.spawn(move || {
                    let mut state = start(number);
                    let mut count = 0_u32;
                    while Instant::now() < end {
                        operation(&mut state);
                        count += 1;
                    }
                    count
                })
            });
            let workers: Vec<_> = workers.collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).sum::<u32>()
        })
    };
    run(1);
    let (cpu, clock) = (server.cpu(), Instant::now());
    let count = f64::from(run(seconds));
    let (cpu, clock) = (server.cpu().saturating_sub(cpu), clock.elapsed());
    Cost { micros: cpu.as_secs_f64() * 1e6 / count, rate: count / clock.as_secs_f64() }
}
