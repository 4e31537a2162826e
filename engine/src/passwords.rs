//! Password hashing: argon2id at OWASP's parameters, on a few threads of its own, so that a storm of
//! sign-ins neither stalls other requests nor eats the memory.

use std::sync::mpsc::{RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use store::Ambient;
use tokio::sync::oneshot;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::{Error, Result};

/// A password has at most so many characters; longer ones are refused before any work.
pub const MAX_PASSWORD_CHARACTERS: usize = 128;

/// … and at most so many bytes.
pub const MAX_PASSWORD_BYTES: usize = 512;

/// So many hashes may wait; the next person is told to try again.
const MAX_WAITING: usize = 256;

/// A thread that has nothing to do gives its working memory back after this time.
const IDLE: Duration = Duration::from_secs(10);

/// Hashes written by others may ask for at most this much memory (KiB) and this many passes.
const MAX_M_COST: u32 = 256 * 1024;
const MAX_T_COST: u32 = 16;

/// What came of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Whether it is the password.
    pub matches: bool,
    /// Whether the hash is weaker than today's parameters and should be written anew.
    pub outdated: bool,
}

type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// The hashing pool. Cheap to clone.
#[derive(Clone)]
pub struct Passwords(Arc<Inner>);

struct Inner {
    jobs: SyncSender<Job>,
    ambient: Ambient,
    params: Params,
    /// Compared for people who do not exist: the same parameters, the same work.
    dummy: String,
}

impl Passwords {
    /// A pool of `threads` threads with OWASP's parameters: 19 MiB, two passes, one lane.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn new(threads: usize, ambient: Ambient) -> Result<Self> {
        Self::with_params(threads, ambient, Params::DEFAULT)
    }

    /// A pool whose hashes cost next to nothing, for tests and for measuring everything else. Its
    /// hashes are outdated for a real pool.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn cheap(threads: usize, ambient: Ambient) -> Result<Self> {
        let params = Params::new(Params::MIN_M_COST, 1, 1, None).map_err(internal)?;
        Self::with_params(threads, ambient, params)
    }

    fn with_params(threads: usize, ambient: Ambient, params: Params) -> Result<Self> {
        let (jobs, waiting) = sync_channel::<Job>(MAX_WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..threads.max(1) {
            let waiting = Arc::clone(&waiting);
            std::thread::Builder::new()
                .name(format!("passwords-{number}"))
                .spawn(move || {
                    let mut memory = Vec::new();
                    loop {
                        let next = {
                            let queue = waiting.lock().unwrap_or_else(PoisonError::into_inner);
                            queue.recv_timeout(IDLE)
                        };
                        match next {
                            Ok(job) => job(&mut memory),
                            Err(RecvTimeoutError::Timeout) => memory = Vec::new(),
                            Err(RecvTimeoutError::Disconnected) => return,
                        }
                    }
                })
                .map_err(internal)?;
        }
        let dummy = hash(&params, &ambient.bytes(), "", &mut Vec::new())?;
        Ok(Self(Arc::new(Inner { jobs, ambient, params, dummy })))
    }

    /// The hash of `password` as a PHC string.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let password = normalised(password);
        let salt: [u8; 16] = self.0.ambient.bytes();
        let params = self.0.params.clone();
        self.run(move |memory| hash(&params, &salt, &password, memory)).await?
    }

    /// Whether `password` belongs to the PHC string `phc`. With none it does the same work and says no.
    /// A password over the limits is nobody's.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait.
    pub async fn verify(&self, password: &str, phc: Option<&str>) -> Result<Verified> {
        if is_too_long(password) {
            return Ok(Verified { matches: false, outdated: false });
        }
        let password = normalised(password);
        let known = phc.is_some();
        let phc = phc.unwrap_or(&self.0.dummy).to_owned();
        let params = self.0.params.clone();
        let verified = self.run(move |memory| verify(&params, &phc, &password, memory)).await??;
        Ok(Verified { matches: verified.matches && known, ..verified })
    }

    async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> R + Send + 'static,
    ) -> Result<R> {
        let (done, result) = oneshot::channel();
        let job: Job = Box::new(move |memory| {
            // Whoever asked may have hung up while this waited: then the work is not worth doing.
            if !done.is_closed() {
                let _ = done.send(work(memory));
            }
        });
        match self.0.jobs.try_send(job) {
            Ok(()) => result.await.map_err(|_| Error::Busy),
            Err(TrySendError::Full(_)) => Err(Error::Busy),
            Err(TrySendError::Disconnected(_)) => {
                Err(Error::Internal("the hashing threads are gone".to_owned()))
            }
        }
    }
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords")
    }
}

/// Whether a password is over the limits.
fn is_too_long(password: &str) -> bool {
    password.len() > MAX_PASSWORD_BYTES || password.chars().count() > MAX_PASSWORD_CHARACTERS
}

/// Unicode's canonical composition, so that one password typed on two keyboards is one password
/// (NIST SP 800-63B-4 §3.1.1.2).
fn normalised(password: &str) -> Zeroizing<String> {
    Zeroizing::new(password.nfc().collect())
}

fn work<'a>(memory: &'a mut Vec<Block>, params: &Params) -> &'a mut [Block] {
    let blocks = params.block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::default());
    }
    memory.get_mut(..blocks).unwrap_or_default()
}

fn hash(
    params: &Params,
    salt: &[u8; 16],
    password: &str,
    memory: &mut Vec<Block>,
) -> Result<String> {
    let mut output = [0_u8; Params::DEFAULT_OUTPUT_LEN];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(
            password.as_bytes(),
            salt,
            &mut output,
            work(memory, params),
        )
        .map_err(internal)?;
    let phc = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(internal)?,
        salt: Some(Salt::new(salt).map_err(internal)?),
        hash: Some(Output::new(&output).map_err(internal)?),
    };
    Ok(phc.to_string())
}

fn verify(today: &Params, phc: &str, password: &str, memory: &mut Vec<Block>) -> Result<Verified> {
    let phc = PasswordHash::new(phc).map_err(internal)?;
    let algorithm = Algorithm::try_from(phc.algorithm.as_str()).map_err(internal)?;
    let version = phc.version.map_or(Ok(Version::V0x13), Version::try_from).map_err(internal)?;
    let params = Params::try_from(&phc).map_err(internal)?;
    let (Some(salt), Some(expected)) = (phc.salt, phc.hash) else {
        return Err(Error::Internal("a password hash without a salt or an output".to_owned()));
    };
    if params.m_cost() > MAX_M_COST || params.t_cost() > MAX_T_COST {
        return Err(Error::Internal("a password hash that costs more than is allowed".to_owned()));
    }
    let mut output = Zeroizing::new(vec![0_u8; expected.as_ref().len()]);
    Argon2::new(algorithm, version, params.clone())
        .hash_password_into_with_memory(
            password.as_bytes(),
            salt.as_ref(),
            &mut output,
            work(memory, &params),
        )
        .map_err(internal)?;
    let matches =
        aws_lc_rs::constant_time::verify_slices_are_equal(&output, expected.as_ref()).is_ok();
    let outdated = algorithm != Algorithm::Argon2id
        || params.m_cost() < today.m_cost()
        || params.t_cost() < today.t_cost();
    Ok(Verified { matches, outdated })
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn internal(error: impl ToString) -> Error {
    Error::Internal(error.to_string())
}
