use pronto_host::{App, Directory, Runtime, Server, StartError};

use crate::arguments::Arguments;

/// Serves an application as the command line says, on any runtime. What is logged goes to the standard error, at the
/// level that `RUST_LOG` says, or `info`.
///
/// # Errors
/// Why the server could not start.
pub fn serve<R: Runtime>(arguments: &Arguments, mut app: App) -> Result<(), StartError> {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info")).init();
    if arguments.access_log {
        app = app.access_log();
    }
    if let Some(directory) = &arguments.files {
        app = app.files("/files", Directory::new(directory));
    }
    if arguments.debug {
        app = app.debug();
    }
    let mut server = Server::<R>::bind(&arguments.addr).config(arguments.config()).drain_limit(arguments.drain_limit());
    if let Some(workers) = arguments.workers {
        server = server.workers(workers);
    }
    if let Some(connections) = arguments.max_connections {
        server = server.most_connections(connections);
    }
    if arguments.proxy_protocol {
        server = server.proxy_protocol();
    }
    if arguments.reload {
        server = server.reload_on_change();
    }
    server.run(app)
}
