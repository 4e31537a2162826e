//! Password hashing: argon2id at OWASP's parameters, on a few threads of its own, so that a storm of
//! sign-ins neither stalls other requests nor eats the memory.

#[cfg(test)]
mod tests;

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

/// What [`Passwords::digest`] returns.
type Digest = Zeroizing<[u8; Params::DEFAULT_OUTPUT_LEN]>;

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

    /// A new salt for [`Passwords::digest`], with today's parameters, so that digests stay what they
    /// are when those become stronger.
    ///
    /// # Errors
    /// Never in practice.
    pub fn salt(&self) -> Result<String> {
        Recipe::new(&self.0.params, &self.0.ambient.bytes())?.phc(None)
    }

    /// A digest of `text` with a salt of [`Passwords::salt`], as costly as the hash of a password:
    /// for what is looked for in a short list and has too few bits for a plain digest.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait.
    pub async fn digest(&self, text: &str, salt: &str) -> Result<Digest> {
        let (text, salt) = (Zeroizing::new(text.to_owned()), salt.to_owned());
        self.run(move |memory| digest(&salt, &text, memory)).await?
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

/// How a hash is made: everything but the text.
struct Recipe {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Salt,
}

impl Recipe {
    /// Today's, with this salt.
    fn new(params: &Params, salt: &[u8; 16]) -> Result<Self> {
        Ok(Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            params: params.clone(),
            salt: Salt::new(salt).map_err(internal)?,
        })
    }

    /// That of a PHC string.
    fn of(phc: &PasswordHash) -> Result<Self> {
        let salt = phc.salt.ok_or_else(|| internal("a password hash without a salt"))?;
        let params = Params::try_from(phc).map_err(internal)?;
        if params.m_cost() > MAX_M_COST || params.t_cost() > MAX_T_COST {
            return Err(internal("a password hash that costs more than is allowed"));
        }
        let version = phc.version.map_or(Ok(Version::V0x13), Version::try_from);
        Ok(Self {
            algorithm: Algorithm::try_from(phc.algorithm.as_str()).map_err(internal)?,
            version: version.map_err(internal)?,
            params,
            salt,
        })
    }

    fn fill(&self, text: &str, output: &mut [u8], memory: &mut Vec<Block>) -> Result<()> {
        Argon2::new(self.algorithm, self.version, self.params.clone())
            .hash_password_into_with_memory(
                text.as_bytes(),
                self.salt.as_ref(),
                output,
                work(memory, &self.params),
            )
            .map_err(internal)
    }

    /// As a PHC string.
    fn phc(&self, hash: Option<Output>) -> Result<String> {
        let phc = PasswordHash {
            algorithm: self.algorithm.ident(),
            version: Some(self.version.into()),
            params: ParamsString::try_from(&self.params).map_err(internal)?,
            salt: Some(self.salt),
            hash,
        };
        Ok(phc.to_string())
    }
}

fn hash(
    params: &Params,
    salt: &[u8; 16],
    password: &str,
    memory: &mut Vec<Block>,
) -> Result<String> {
    let recipe = Recipe::new(params, salt)?;
    let mut output = [0_u8; Params::DEFAULT_OUTPUT_LEN];
    recipe.fill(password, &mut output, memory)?;
    recipe.phc(Some(Output::new(&output).map_err(internal)?))
}

fn digest(salt: &str, text: &str, memory: &mut Vec<Block>) -> Result<Digest> {
    let mut output = Zeroizing::new([0; Params::DEFAULT_OUTPUT_LEN]);
    let recipe = Recipe::of(&PasswordHash::new(salt).map_err(internal)?)?;
    recipe.fill(text, &mut *output, memory)?;
    Ok(output)
}

fn verify(today: &Params, phc: &str, password: &str, memory: &mut Vec<Block>) -> Result<Verified> {
    let phc = PasswordHash::new(phc).map_err(internal)?;
    let recipe = Recipe::of(&phc)?;
    let expected = phc.hash.ok_or_else(|| internal("a password hash without an output"))?;
    let mut output = Zeroizing::new(vec![0_u8; expected.as_ref().len()]);
    recipe.fill(password, &mut output, memory)?;
    let matches =
        aws_lc_rs::constant_time::verify_slices_are_equal(&output, expected.as_ref()).is_ok();
    let outdated = recipe.algorithm != Algorithm::Argon2id
        || recipe.params.m_cost() < today.m_cost()
        || recipe.params.t_cost() < today.t_cost();
    Ok(Verified { matches, outdated })
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn internal(error: impl ToString) -> Error {
    Error::Internal(error.to_string())
}
