//! The grammar: which of rhai's tokens a condition may use, and its parse errors in plain words.

use rhai::{Engine, LexError, ParseError, ParseErrorType, Position, Token, is_valid_identifier};

use super::error::{ConditionError, ConditionErrorKind as Kind};
use super::sandbox::{MAX_DEPTH, MAX_ITEMS, MAX_TEXT};

/// Lets the engine read `not`, `and` and `or`, and takes rhai's reserved words for plain names.
#[expect(deprecated, reason = "rhai marks what is merely not settled yet as deprecated")]
pub(super) fn adapt(engine: &mut Engine) {
    engine.on_parse_token(|token, _, _| match token {
        Token::Identifier(word) => match word.as_str() {
            "not" => Token::Bang,
            "and" => Token::And,
            "or" => Token::Or,
            _ => Token::Identifier(word),
        },
        // So that `answers.default` is a field like any other; `check` knows each function's name.
        Token::Reserved(word) if is_valid_identifier(&word) => Token::Identifier(word),
        other => other,
    });
}

/// Refuses every token that is not part of the language, before rhai's parser sees one.
pub(super) fn check_tokens(engine: &Engine, source: &str) -> Result<(), ConditionError> {
    let mut after_not = false;
    for (token, position) in engine.lex(&[source]).0 {
        match token {
            Token::EOF => break,
            Token::LexError(error) => return Err(lexical(&error, position)),
            Token::In if after_not => {
                return Err(ConditionError::new(
                    Kind::Syntax,
                    position,
                    "write `!in` for \"not in\", as in `source !in [\"google\"]`",
                )
                .with_suggestion("!in"));
            }
            _ => {}
        }
        if let Some(reason) = refusal(&token) {
            return Err(ConditionError::new(Kind::NotAllowed, position, reason));
        }
        after_not = token == Token::Bang;
    }
    Ok(())
}

/// Why a token can't stand in a condition; `None` for those that can.
fn refusal(token: &Token) -> Option<String> {
    let reason = match token {
        Token::Identifier(_)
        | Token::IntegerConstant(_)
        | Token::StringConstant(_)
        | Token::True
        | Token::False
        | Token::Unit
        | Token::LeftParen
        | Token::RightParen
        | Token::LeftBracket
        | Token::RightBracket
        | Token::Comma
        | Token::Period
        | Token::Elvis
        | Token::DoubleQuestion
        | Token::Plus
        | Token::UnaryPlus
        | Token::Minus
        | Token::UnaryMinus
        | Token::Multiply
        | Token::Divide
        | Token::Modulo
        | Token::EqualsTo
        | Token::NotEqualsTo
        | Token::LessThan
        | Token::LessThanEqualsTo
        | Token::GreaterThan
        | Token::GreaterThanEqualsTo
        | Token::In
        | Token::NotIn
        | Token::Bang
        | Token::And
        | Token::Or
        | Token::Comment(_)
        | Token::EOF => return None,
        Token::Equals => "`=` assigns, and a condition changes nothing; compare with `==`",
        Token::Ampersand => "write `&&` for \"and\"",
        Token::Pipe => "write `||` for \"or\"",
        Token::SemiColon => "a condition is one expression; join several with `&&` or `||`",
        Token::CharConstant(_) => "text stands in double quotes, as in `\"google\"`",
        Token::FloatConstant(_) => "numbers are whole",
        Token::InterpolatedString(_) => "text in a condition has no `${…}` in it",
        Token::LeftBrace | Token::RightBrace | Token::MapStart => {
            "a condition has no blocks and no maps"
        }
        Token::If | Token::Else | Token::Switch => {
            "a condition has no `if`; write `a && b`, or use `branch:` in the flow"
        }
        other => {
            let text = other.to_string();
            return Some(format!(
                "`{text}` is not part of the language; a condition is one expression of names, \
                 comparisons, functions, `&&`, `||` and `!`"
            ));
        }
    };
    Some(reason.to_owned())
}

fn lexical(error: &LexError, position: Position) -> ConditionError {
    let (kind, message) = match error {
        LexError::UnterminatedString => (Kind::Syntax, "the text is not closed with `\"`".into()),
        LexError::StringTooLong(_) => {
            (Kind::TooLarge, format!("a text or name has at most {MAX_TEXT} characters"))
        }
        LexError::MalformedChar(_) => {
            (Kind::Syntax, "text stands in double quotes, as in `\"google\"`".to_owned())
        }
        LexError::MalformedNumber(text) => {
            (Kind::Syntax, format!("`{text}` is not a whole number"))
        }
        LexError::ImproperSymbol(symbol, _) => match symbol.as_str() {
            "===" => (Kind::Syntax, "compare with `==`".to_owned()),
            "!==" => (Kind::Syntax, "compare with `!=`".to_owned()),
            other => (Kind::NotAllowed, format!("`{other}` is not part of the language")),
        },
        other => (Kind::Syntax, in_words(&other.to_string())),
    };
    ConditionError::new(kind, position, message)
}

/// What rhai's parser found, in the words of this language.
pub(super) fn parse_error(error: &ParseError) -> ConditionError {
    let position = error.position();
    let (kind, message) = match error.err_type() {
        ParseErrorType::BadInput(error) => return lexical(error, position),
        ParseErrorType::UnexpectedEOF => {
            (Kind::Syntax, "the expression ends where more is expected".to_owned())
        }
        ParseErrorType::ExprTooDeep => (
            Kind::TooLarge,
            format!(
                "the expression nests deeper than {MAX_DEPTH} levels; name parts of it under \
                 `conditions:`, or write `x in [\"a\", \"b\"]` for a chain of `||`"
            ),
        ),
        ParseErrorType::LiteralTooLarge(..) => (
            Kind::TooLarge,
            format!("a list has at most {MAX_ITEMS} items, a text {MAX_TEXT} characters"),
        ),
        ParseErrorType::MismatchedType(wanted, found) => {
            (Kind::WrongType, format!("`{wanted}` is expected here, and this is `{found}`"))
        }
        other => (Kind::Syntax, in_words(&other.to_string())),
    };
    ConditionError::new(kind, position, message)
}

/// The parser's own sentence with a small first letter, as ours begin.
fn in_words(message: &str) -> String {
    let mut letters = message.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
