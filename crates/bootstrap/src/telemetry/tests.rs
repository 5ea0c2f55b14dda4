use tracing::trace_span;

use super::*;

fn untouched() -> &'static str {
    panic!("what a span would say was worked out for nobody")
}

#[test]
fn a_stages_span_is_never_made_where_no_traces_are_collected() {
    for filter in [
        "off",
        "error",
        "info",
        "debug",
        "info,order_worker=trace",
        "trace",
    ] {
        let subscriber = tracing_subscriber::registry()
            .with(quietened(filter))
            .with(tracing_subscriber::fmt::layer().with_writer(std::io::sink));
        tracing::subscriber::with_default(subscriber, || {
            let span = trace_span!(target: STAGE_SPANS, "stage", order.id = %untouched());
            assert!(span.is_disabled(), "{filter}");
        });
    }
}
