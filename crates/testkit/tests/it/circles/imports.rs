//! What a source file takes from elsewhere: the paths of its `use` lines, and those that are written out.

use std::iter::Peekable;
use std::slice::Iter;

type Tokens<'a> = Peekable<Iter<'a, String>>;
type Path = Vec<String>;

/// The paths that a file names, tests left out.
pub(super) fn imports(text: &str) -> Vec<Path> {
    let tokens = without_tests(&tokens(text));
    let mut rest = tokens.iter().peekable();
    let mut paths = Vec::new();
    while let Some(token) = rest.next() {
        match token.as_str() {
            // `use<'a>` says what a returned future holds.
            "use" if rest.next_if(|token| *token == "<").is_none() => {
                tree(&mut rest, &Path::new(), &mut paths);
            }
            "crate" | "self" | "super" => {
                let mut path = vec![token.clone()];
                while rest.next_if(|token| *token == "::").is_some() {
                    let name = rest.next_if(|token| is_name(token));
                    path.extend(name.cloned());
                }
                paths.push(path);
            }
            _ => {}
        }
    }
    paths
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphanumeric() || first == '_')
}

/// One branch of a `use`, up to its end.
fn tree(rest: &mut Tokens<'_>, begin: &Path, paths: &mut Vec<Path>) {
    let mut path = begin.clone();
    while let Some(token) = rest.next_if(|token| ![",", "}", ";"].contains(&token.as_str())) {
        match token.as_str() {
            "::" | "*" => {}
            "as" => drop(rest.next()),
            "{" => {
                while let Some(token) = rest.peek()
                    && ![";", "}"].contains(&token.as_str())
                {
                    tree(rest, &path, paths);
                    rest.next_if(|token| *token == ",");
                }
                rest.next_if(|token| *token == "}");
                return;
            }
            name => path.push(name.to_owned()),
        }
    }
    if !path.is_empty() {
        paths.push(path);
    }
}

/// Leaves out every item that is for tests alone.
fn without_tests(tokens: &[String]) -> Vec<String> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut rest = tokens;
    while let Some((first, others)) = rest.split_first() {
        if rest.iter().take(MARK.len()).eq(MARK.iter()) {
            rest = after_item(&rest[MARK.len()..]);
        } else {
            kept.push(first.clone());
            rest = others;
        }
    }
    kept
}

fn after_item(tokens: &[String]) -> &[String] {
    let mut depth = 0_usize;
    for (place, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && (token == "}" || token == ";") {
            return &tokens[place + 1..];
        }
    }
    &[]
}

/// Names, `::` and signs; remarks and texts are left out.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = text_length(rest) {
            length
        } else if is_name(rest) {
            let end = rest.find(|next: char| !next.is_alphanumeric() && next != '_');
            let length = end.unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else {
            let length = if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            if !first.is_whitespace() {
                tokens.push(rest[..length].to_owned());
            }
            length
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of the text or the character that begins here.
fn text_length(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r"].iter().find_map(|prefix| {
        let hashes = rest.strip_prefix(prefix)?;
        let count = hashes.len() - hashes.trim_start_matches('#').len();
        hashes[count..]
            .starts_with('"')
            .then_some((prefix.len(), count))
    });
    if let Some((begin, count)) = prefix {
        let begin = begin + count + 1;
        let end = format!("\"{}", "#".repeat(count));
        let length = rest[begin..].find(&end)?;
        return Some(begin + length + end.len());
    }
    let quote = rest.chars().next().filter(|first| "\"'".contains(*first))?;
    let mut characters = rest.char_indices().skip(1);
    if quote == '\'' && !rest[1..].starts_with('\\') {
        // `'a` without a second quote is the name of a lifetime.
        let (_, after) = (characters.next()?, characters.next()?);
        return (after.1 == '\'').then_some(after.0 + 1);
    }
    while let Some((place, next)) = characters.next() {
        match next {
            '\\' => drop(characters.next()),
            next if next == quote => return Some(place + 1),
            _ => {}
        }
    }
    None
}
