//! Virtual environments of this project's own, so that nothing of the user's Python is touched.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::step;

/// A virtual environment below `target/`.
pub(crate) struct Venv {
    root: PathBuf,
}

impl Venv {
    /// Makes the environment and installs the requirements, unless exactly these are there already.
    pub(crate) fn with(name: &str, requirements: &[&str]) -> Result<Self, String> {
        let venv = Self { root: crate::target().join(name) };
        let stamp = venv.root.join("installed.txt");
        let wanted = requirements.join("\n");
        let works = || step::there(&venv.python().to_string_lossy(), "--version");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) && works() {
            return Ok(venv);
        }
        let host = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
        let made = step::run(
            &format!("virtual environment {}", venv.root.display()),
            step::command(host.as_ref()).args(["-m", "venv", "--clear"]).arg(&venv.root),
        );
        if !made.success {
            return Err("no virtual environment: Python 3.10 or newer with its venv module is needed \
                        (Debian: apt-get install python3-venv)"
                .to_owned());
        }
        let installed = step::run(
            &format!("pip install {}", requirements.join(" ")),
            venv.pip().arg("install").args(requirements),
        );
        if !installed.success {
            return Err(format!("pip could not install {}", requirements.join(", ")));
        }
        fs::write(&stamp, wanted).map_err(|error| format!("cannot write {}: {error}", stamp.display()))?;
        Ok(venv)
    }

    /// The interpreter.
    pub(crate) fn python(&self) -> PathBuf {
        self.root.join("bin/python")
    }

    /// A command with the environment's interpreter.
    pub(crate) fn run_python(&self) -> Command {
        let mut command = step::command(&self.python());
        command.env("VIRTUAL_ENV", &self.root).env("PATH", self.path()).env_remove("PYTHONPATH");
        command
    }

    pub(crate) fn pip(&self) -> Command {
        let mut command = self.run_python();
        command.args(["-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]);
        command
    }

    fn path(&self) -> OsString {
        let mut path = self.root.join("bin").into_os_string();
        if let Some(outer) = std::env::var_os("PATH") {
            path.push(":");
            path.push(outer);
        }
        path
    }

    /// What pyo3's build script looks at, as maturin sets it: with the same words in every call of cargo, pyo3
    /// and what stands on it are built once. The file is there after the first wheel.
    pub(crate) fn pyo3(&self) -> Vec<(&'static str, OsString)> {
        let signature = "import sys; v = sys.version_info; \
                         print(f'{sys.implementation.name}-{v.major}.{v.minor}-{sys.maxsize.bit_length() + 1}bit', end='')";
        let signature = self.run_python().args(["-c", signature]).output();
        let signature = signature.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let mut variables = vec![
            ("PYO3_PYTHON", self.python().into()),
            ("PYO3_BUILD_EXTENSION_MODULE", "1".into()),
            ("PYO3_ENVIRONMENT_SIGNATURE", signature.unwrap_or_default().into()),
        ];
        let settings = fs::read_dir(crate::target().join("maturin")).into_iter().flatten().flatten();
        let mut settings =
            settings.filter(|file| file.file_name().to_string_lossy().starts_with("pyo3-config-"));
        if let (Some(file), None) = (settings.next(), settings.next()) {
            variables.push(("PYO3_CONFIG_FILE", file.path().into()));
        }
        variables
    }
}
