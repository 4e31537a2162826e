//! The one list of factors: from a factor's name to the code that asks for it or sets it up. To add
//! one, add a line to [`proof`] and to [`set_up`].

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use assurance::Factor;
use engine::{Answered, Context, Result};
use serde_json::{Map, Value};

use super::set_up::SetUp;
use super::{Enrols, Proves, Wanted, no_answer, read};
use crate::email_otp::EmailOtp;
use crate::email_otp_setup::EmailOtpSetup;
use crate::password::Password;
use crate::sms_otp::SmsOtp;
use crate::sms_otp_setup::SmsOtpSetup;
use crate::static_code::StaticCode;
use crate::totp::Totp;
use crate::totp_setup::TotpSetup;
use crate::webauthn::Webauthn;
use crate::webauthn_setup::WebauthnSetup;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A factor that can be shown, its types erased; configured by its default.
pub(crate) trait Proof: Sync {
    /// The component that asks for it.
    fn component(&self) -> &'static str;
    /// See [`Proves::prepare`].
    fn prepare<'a>(&self, context: &'a mut Context<'_>, wanted: &'a Wanted) -> Boxed<'a, ()>;
    /// See [`Proves::challenge`].
    fn challenge<'a>(&self, context: &'a mut Context<'_>, wanted: &'a Wanted) -> Boxed<'a, Value>;
    /// See [`Proves::answer`].
    fn answer<'a>(
        &self,
        context: &'a mut Context<'_>,
        wanted: &'a Wanted,
        answer: Map<String, Value>,
    ) -> Boxed<'a, Answered>;
}

/// A factor that can be set up, its types erased; configured by its default.
pub(crate) trait Enrolment: Sync {
    /// Begins.
    fn prepare<'a>(&self, context: &'a mut Context<'_>) -> Boxed<'a, ()>;
    /// The component to show, and its data.
    fn challenge<'a>(&self, context: &'a mut Context<'_>) -> Boxed<'a, (&'static str, Value)>;
    /// Whether the factor is bound, and only its recovery codes are left to show.
    fn is_bound(&self, context: &Context<'_>) -> bool;
    /// Takes an answer: [`Answered::Next`] when the factor is bound and everything was shown.
    fn answer<'a>(
        &self,
        context: &'a mut Context<'_>,
        answer: Map<String, Value>,
    ) -> Boxed<'a, Answered>;
}

/// Whether this installation can ask for the factor at all: passkeys need a domain, text messages
/// somebody who sends them.
pub(crate) fn is_ready(context: &Context<'_>, factor: Factor) -> bool {
    match factor {
        Factor::Webauthn => context.services().webauthn.is_some(),
        Factor::Sms => context.services().telephone.is_ready(),
        Factor::Password | Factor::Totp | Factor::Static | Factor::Email => true,
    }
}

/// How a factor is shown.
pub(crate) fn proof(factor: Factor) -> &'static dyn Proof {
    match factor {
        Factor::Password => &Of::<Password>(PhantomData),
        Factor::Webauthn => &Of::<Webauthn>(PhantomData),
        Factor::Totp => &Of::<Totp>(PhantomData),
        Factor::Static => &Of::<StaticCode>(PhantomData),
        Factor::Email => &Of::<EmailOtp>(PhantomData),
        Factor::Sms => &Of::<SmsOtp>(PhantomData),
    }
}

/// How a factor is set up in place.
pub(crate) fn enrolment(factor: Factor) -> Option<&'static dyn Enrolment> {
    match factor {
        Factor::Webauthn => Some(&Of::<WebauthnSetup>(PhantomData)),
        Factor::Totp => Some(&Of::<TotpSetup>(PhantomData)),
        Factor::Email => Some(&Of::<EmailOtpSetup>(PhantomData)),
        Factor::Sms => Some(&Of::<SmsOtpSetup>(PhantomData)),
        Factor::Password | Factor::Static => None,
    }
}

struct Of<T>(PhantomData<fn() -> T>);

impl<P: Proves> Proof for Of<P> {
    fn component(&self) -> &'static str {
        P::COMPONENT
    }

    fn prepare<'a>(&self, context: &'a mut Context<'_>, wanted: &'a Wanted) -> Boxed<'a, ()> {
        Box::pin(async move { P::prepare(context, &P::Config::default(), wanted).await })
    }

    fn challenge<'a>(&self, context: &'a mut Context<'_>, wanted: &'a Wanted) -> Boxed<'a, Value> {
        Box::pin(async move { P::challenge(context, &P::Config::default(), wanted).await })
    }

    fn answer<'a>(
        &self,
        context: &'a mut Context<'_>,
        wanted: &'a Wanted,
        answer: Map<String, Value>,
    ) -> Boxed<'a, Answered> {
        Box::pin(async move {
            match read(answer) {
                Some(answer) => P::answer(context, &P::Config::default(), wanted, answer).await,
                None => Ok(no_answer()),
            }
        })
    }
}

impl<E: Enrols> Enrolment for Of<E> {
    fn is_bound(&self, context: &Context<'_>) -> bool {
        SetUp::<E>::is_bound(context)
    }

    fn prepare<'a>(&self, context: &'a mut Context<'_>) -> Boxed<'a, ()> {
        Box::pin(async move { SetUp::<E>::enter(context, &E::Config::default()).await })
    }

    fn challenge<'a>(&self, context: &'a mut Context<'_>) -> Boxed<'a, (&'static str, Value)> {
        Box::pin(async move { SetUp::<E>::challenge(context, &E::Config::default()).await })
    }

    fn answer<'a>(
        &self,
        context: &'a mut Context<'_>,
        answer: Map<String, Value>,
    ) -> Boxed<'a, Answered> {
        Box::pin(async move { SetUp::<E>::answer(context, &E::Config::default(), answer).await })
    }
}
