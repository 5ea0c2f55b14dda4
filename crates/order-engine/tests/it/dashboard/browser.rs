//! A headless Chromium of a test's own, driven the way a person would use it.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use cluster::http::http;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use servers::free_port::free_port;
use tempfile::TempDir;

use crate::world::World;
use crate::world::caller::Caller;

/// Nothing on a page takes longer, on a busy machine and with orders that are tried again.
const LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(25);
/// Requests that the tests make fail on purpose; everything else on the console is a defect.
const EXPECTED_ON_CONSOLE: [&str; 6] = [
    "net::ERR_CONNECTION_REFUSED",
    // Those that an engine was about to answer when it was killed.
    "net::ERR_CONNECTION_RESET",
    "net::ERR_EMPTY_RESPONSE",
    "net::ERR_SOCKET_NOT_CONNECTED",
    "WebSocket connection to",
    "the server responded with a status of 401",
];

/// How wide and high the window is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Screen {
    Desktop,
    Phone,
    SmallPhone,
}

/// A browser with one window. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Browser {
    client: Client,
    session: String,
    driver: Driver,
    base: String,
    _profile: TempDir,
}

impl Browser {
    /// Starts one for the dashboard of the gateway at `base`.
    pub(crate) async fn start(base: String) -> Result<Self> {
        let profile = tempfile::tempdir().context("make a folder for the browser")?;
        let driver = Driver::start().await?;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&profile)?)
            .connect(&driver.url(""))
            .await
            .context("start chromium")?;
        let session = client.session_id().await?.context("a session")?;
        let mut browser = Self {
            client,
            session: session.clone(),
            driver,
            base,
            _profile: profile,
        };
        browser.driver.session = Some(session);
        Ok(browser)
    }

    /// Opens the dashboard in a window of its own, in place of the one before: with the key of this user,
    /// who may have none, and the operators'.
    pub(crate) async fn open(&self, world: &World, user: &Caller, path: &str) -> Result<()> {
        let fresh = self.client.new_window(false).await?;
        self.client.close_window().await?;
        self.client.switch_to_window(fresh.handle).await?;
        self.show_on(Screen::Desktop, "light").await?;
        if let (Some(key), Some(admin)) = (user.key(), world.operator().key()) {
            self.hold_keys(key, admin).await?;
        }
        self.go(path).await
    }

    /// Keeps keys where the page keeps them, before it is there.
    async fn hold_keys(&self, key: &str, admin: &str) -> Result<()> {
        let keep = |name: &str, key: &str| {
            format!(
                "sessionStorage.setItem({}, {});",
                json!(format!("order-engine.{name}")),
                json!(key)
            )
        };
        let source = keep("api-key", key) + &keep("admin-key", admin);
        let script = json!({"source": source});
        self.devtools("Page.addScriptToEvaluateOnNewDocument", script)
            .await
            .map(drop)
    }

    /// Opens a place of the dashboard: `#/orders`.
    pub(crate) async fn go(&self, path: &str) -> Result<()> {
        self.client.goto(&format!("{}/{path}", self.base)).await?;
        self.until("document.querySelector('main h1')", "a screen is shown")
            .await
    }

    /// Changes window and theme.
    pub(crate) async fn show_on(&self, screen: Screen, theme: &str) -> Result<()> {
        let (width, height, mobile) = match screen {
            Screen::Desktop => (1280, 800, false),
            Screen::Phone => (390, 844, true),
            Screen::SmallPhone => (320, 568, true),
        };
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await?;
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": theme}]});
        self.devtools("Emulation.setEmulatedMedia", features)
            .await
            .map(drop)
    }

    /// How long the page has worked so far, by its own time on a core.
    pub(crate) async fn busy(&self) -> Result<Duration> {
        let own_time = json!({"timeDomain": "threadTicks"});
        self.devtools("Performance.enable", own_time).await?;
        let told = self.devtools("Performance.getMetrics", json!({})).await?;
        let metrics = told["metrics"].as_array().context("metrics")?;
        let worked = metrics
            .iter()
            .find(|metric| metric["name"] == "TaskDuration");
        let seconds = worked.and_then(|metric| metric["value"].as_f64());
        let seconds = seconds.with_context(|| format!("no time in {told}"))?;
        Ok(Duration::try_from_secs_f64(seconds)?)
    }

    /// The value of a JavaScript expression.
    pub(crate) async fn value(&self, expression: &str) -> Result<Value> {
        let script = format!("return ({expression});");
        let value = self.client.execute(&script, Vec::new()).await;
        value.with_context(|| expression.to_owned())
    }

    /// Runs statements.
    pub(crate) async fn run(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }

    /// Waits until a JavaScript expression is true.
    pub(crate) async fn until(&self, expression: &str, promise: &str) -> Result<()> {
        let script = format!("return Boolean({expression});");
        let waiting = async {
            loop {
                // While a page is being left there is nothing to ask.
                if let Ok(Value::Bool(true)) = self.client.execute(&script, Vec::new()).await {
                    return;
                }
                tokio::time::sleep(POLL).await;
            }
        };
        if tokio::time::timeout(LIMIT, waiting).await.is_err() {
            let text = self.value("document.body.innerText").await?;
            bail!("not seen in {LIMIT:?}: {promise}; the page says:\n{text}");
        }
        Ok(())
    }

    /// Waits for a text anywhere inside the first element that `css` names.
    pub(crate) async fn sees(&self, css: &str, text: &str) -> Result<()> {
        // The text of what is not rendered would be that of all its hidden parts too.
        let condition = format!(
            "(part => part?.checkVisibility() && part.innerText.includes({}))(document.querySelector({}))",
            json!(text),
            json!(css)
        );
        self.until(&condition, &format!("`{text}` in {css}")).await
    }

    /// How many elements `css` names.
    pub(crate) async fn count(&self, css: &str) -> Result<u64> {
        let expression = format!("document.querySelectorAll({}).length", json!(css));
        self.value(&expression).await?.as_u64().context("a number")
    }

    /// Clicks on what `css` names, once it is there.
    pub(crate) async fn click(&self, css: &str) -> Result<()> {
        let element = self
            .client
            .wait()
            .at_most(LIMIT)
            .for_element(Locator::Css(css))
            .await;
        let element = element.with_context(|| format!("find {css}"))?;
        // Out from under the page's head, as people do.
        let scroll = format!(
            "document.querySelector({})?.scrollIntoView({{ block: 'nearest' }});",
            json!(css)
        );
        self.run(&scroll).await?;
        element
            .click()
            .await
            .with_context(|| format!("click on {css}"))
    }

    /// Replaces the text of a field, key by key.
    pub(crate) async fn fill(&self, css: &str, text: &str) -> Result<()> {
        let field = self
            .client
            .wait()
            .at_most(LIMIT)
            .for_element(Locator::Css(css))
            .await;
        let field = field.with_context(|| format!("find {css}"))?;
        field.clear().await?;
        field
            .send_keys(text)
            .await
            .with_context(|| format!("type into {css}"))
    }

    /// Chooses an option of a list.
    pub(crate) async fn choose(&self, css: &str, value: &str) -> Result<()> {
        let list = self
            .client
            .wait()
            .at_most(LIMIT)
            .for_element(Locator::Css(css))
            .await?;
        list.select_by_value(value)
            .await
            .with_context(|| format!("choose {value} in {css}"))
    }

    /// Presses keys wherever the focus is.
    pub(crate) async fn press(&self, keys: &str) -> Result<()> {
        let focused = self
            .client
            .active_element()
            .await
            .context("find the focus")?;
        focused.send_keys(keys).await.context("press keys")
    }

    /// Whatever the page complained of since it was asked last must have been expected.
    pub(crate) async fn check_console(&self) -> Result<()> {
        self.check_console_but(&[]).await
    }

    /// The same where a test makes other requests fail on purpose.
    pub(crate) async fn check_console_but(&self, expected: &[&str]) -> Result<()> {
        let answer = self.post("/se/log", &json!({"type": "browser"})).await?;
        let lines = answer.as_array().context("a list of lines")?;
        let unexpected: Vec<&str> = lines
            .iter()
            .filter_map(|line| line["message"].as_str())
            .filter(|text| {
                let mut known = EXPECTED_ON_CONSOLE.iter().chain(expected);
                !known.any(|known| text.contains(known))
            })
            .collect();
        ensure!(unexpected.is_empty(), "on the console: {unexpected:#?}");
        Ok(())
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Result<Value> {
        let body = json!({"cmd": command, "params": parameters});
        self.post("/goog/cdp/execute", &body).await
    }

    /// What the WebDriver client has no name for.
    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let url = self.driver.url(&format!("/session/{}{path}", self.session));
        let request = http().post(url).json(body);
        let answer: Value = request
            .send()
            .await
            .context("ask the driver")?
            .json()
            .await?;
        ensure!(answer["value"]["error"].is_null(), "{path}: {answer}");
        Ok(answer["value"].clone())
    }
}

fn capabilities(profile: &TempDir) -> Result<fantoccini::wd::Capabilities> {
    let wanted = json!({
        "browserName": "chrome",
        "goog:loggingPrefs": {"browser": "ALL"},
        "goog:chromeOptions": {"args": [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            format!("--user-data-dir={}", profile.path().display()),
        ]},
    });
    Ok(serde_json::from_value(wanted)?)
}

/// The process that the browser is driven through. It takes the browser with it when it ends.
#[derive(Debug)]
struct Driver {
    child: Child,
    port: u16,
    session: Option<String>,
}

impl Driver {
    async fn start() -> Result<Self> {
        let port = free_port();
        let child = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("start chromedriver; install chromium and chromium-driver")?;
        let driver = Self {
            child,
            port,
            session: None,
        };
        let ready = async {
            while http().get(driver.url("/status")).send().await.is_err() {
                tokio::time::sleep(POLL).await;
            }
        };
        let ready = tokio::time::timeout(LIMIT, ready).await;
        ready.context("chromedriver does not answer")?;
        Ok(driver)
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Asks for the end of the browser and waits for the answer, on whatever thread a test ends.
    fn end(&self, session: &str) -> std::io::Result<()> {
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let request = format!(
            "DELETE /session/{session} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = [0; 256];
        let _ = stream.read(&mut answer)?;
        stream.shutdown(Shutdown::Both)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            let _ = self.end(&session);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
