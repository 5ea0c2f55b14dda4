use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;

use super::*;

fn names() -> BTreeSet<&'static str> {
    FILES.iter().map(|(name, _, _)| *name).collect()
}

#[test]
fn every_file_of_the_folder_is_embedded() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/dashboard/assets");
    let there: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();

    assert_eq!(there, names().into_iter().map(str::to_owned).collect());
}

#[test]
fn whatever_the_page_and_its_modules_ask_for_is_there() {
    for (name, _, text) in FILES.iter().filter(|(name, _, _)| name.ends_with(".js")) {
        for import in text.split("from \"./").skip(1) {
            let import = import.split('"').next().unwrap();
            assert!(names().contains(import), "{name} imports {import}");
        }
    }
    for page in [INDEX, DOCS] {
        for asset in page.split("\"assets/").skip(1) {
            let asset = asset.split('"').next().unwrap();
            assert!(names().contains(asset), "the page asks for {asset}");
        }
    }
}

#[test]
fn nothing_comes_from_elsewhere_and_no_text_becomes_html() {
    let forbidden = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
    ];
    let pages = [("index.html", HTML, INDEX), ("docs.html", HTML, DOCS)];
    for (name, _, text) in FILES.iter().chain(&pages) {
        let without_namespace = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!without_namespace.contains("://"), "{name}");
        for word in forbidden {
            assert!(!text.contains(word), "{name} uses {word}");
        }
        assert!(
            !text.contains("style=\""),
            "{name}: the policy forbids style attributes"
        );
    }
}

#[test]
fn what_a_browser_has_already_is_not_sent_again() {
    let tag = PAGE.tag.to_string();
    let known = TestRequest::default()
        .insert_header((header::IF_NONE_MATCH, tag.as_str()))
        .to_http_request();
    let stale = TestRequest::default()
        .insert_header((header::IF_NONE_MATCH, "\"older\""))
        .to_http_request();

    assert_eq!(PAGE.serve(&known).status(), StatusCode::NOT_MODIFIED);
    assert_eq!(PAGE.serve(&stale).status(), StatusCode::OK);
    assert_eq!(
        PAGE.serve(&known).headers().get(header::ETAG).unwrap(),
        tag.as_str()
    );
}
