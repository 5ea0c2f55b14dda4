//! Tests that measuring works from start to end; the figures of a short run on a busy machine mean
//! nothing.

use crate::run::run;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_run_measures_every_scenario() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = [
        "bench",
        "--quick",
        "--stream-rate",
        "50",
        "--sockets",
        "50",
        "--concurrency",
        "100",
        "--json",
    ];
    let ran = run(folder.path(), &args, &[]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for step in ["embedded: pipeline", "embedded: restart"] {
        assert!(ran.stderr.contains(step), "{step} in {}", ran.stderr);
    }
    let report = ran.json().remove(0);
    let value = |subject: &str, scenario: &str, figure: &str| {
        let figures = report["figures"].as_array().expect("figures");
        let found = figures.iter().find(|one| {
            one["subject"] == subject && one["scenario"] == scenario && one["figure"] == figure
        });
        found.and_then(|one| one["value"].as_f64()).expect(figure)
    };
    assert!(value("limits of the parts", "accept", "echo") > 0.0);
    assert!(value("embedded", "accept", "rate") > 0.0);
    assert!(value("embedded", "pipeline", "rate under a backlog") > 0.0);
    assert!(value("embedded", "stream", "50 sockets, p99") > 0.0);
    assert!(value("embedded", "restart", "first order confirmed") > 0.0);
}
