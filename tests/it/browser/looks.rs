//! How a page is looked at: in a colour scheme, at a width; and the picture that is kept of it.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::driver::Beside;
use super::person::Person;

/// What the reader's system is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Light,
    Dark,
}

/// One look at a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) scheme: Scheme,
    /// In pixels of the page.
    pub(super) width: u32,
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// A desk's screen, and the narrowest phone; 360 px is also less than what WCAG asks for by zooming in on a wide one.
const WIDTHS: [u32; 2] = [1200, 360];
/// A page's picture is as high as the page, up to this.
const HEIGHT_MAX: f64 = 10_000.0;

impl Look {
    /// Both schemes at both widths.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let at = |width| [Scheme::Light, Scheme::Dark].map(|scheme| Self { scheme, width });
        WIDTHS.into_iter().flat_map(at)
    }

    /// As in the name of a picture.
    pub(super) fn name(self) -> String {
        format!("{}-{}", self.scheme.name(), self.width)
    }
}

/// Where pictures and reports are kept.
pub(super) fn folder() -> PathBuf {
    // Cargo puts its `tmp` for tests right into the target folder.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    fs::create_dir_all(&folder).unwrap();
    folder
}

impl Person {
    async fn ask_chromium(&self, command: &str, parameters: Value) -> Value {
        self.tab.issue_cmd(Beside::of_chromium(command, &parameters)).await.unwrap()
    }

    /// Looks at the page in this way from now on.
    pub(super) async fn look(&self, look: Look) {
        let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": look.scheme.name() }] });
        self.ask_chromium("Emulation.setEmulatedMedia", scheme).await;
        let screen = json!({ "width": look.width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        self.ask_chromium("Emulation.setDeviceMetricsOverride", screen).await;
    }

    /// Keeps a picture of the whole page.
    pub(super) async fn keep_picture(&self, name: &str) {
        let size = self.run("const all = document.documentElement; return [all.scrollWidth, all.scrollHeight];").await;
        let height = size[1].as_f64().unwrap().min(HEIGHT_MAX);
        let clip = json!({ "x": 0, "y": 0, "width": size[0], "height": height, "scale": 1 });
        let whole = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let taken = self.ask_chromium("Page.captureScreenshot", whole).await;
        let picture = STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        fs::write(folder().join(format!("{name}.png")), picture).unwrap();
    }

    /// What stands out over the page's right edge, and so would have to be scrolled to; empty where nothing does. Also
    /// within the frame of a table, which scrolls by itself.
    pub(super) async fn too_wide(&self) -> Vec<String> {
        let script = "
            const wide = [...document.querySelectorAll('html, .table')].filter(one => one.scrollWidth > one.clientWidth);
            if (wide.length == 0) return [];
            const edge = document.documentElement.clientWidth;
            const out = [...document.body.querySelectorAll('*')].filter(one => one.getBoundingClientRect().right > edge + 1);
            return [...wide, ...out].map(one => one.outerHTML.slice(0, 160));";
        let found = self.run(script).await;
        found.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
    }
}
