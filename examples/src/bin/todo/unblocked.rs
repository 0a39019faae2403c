//! `async` handlers wait while threads of the crate `blocking` do the work. They read like what they do, and content comes in
//! while they wait.

use std::sync::Arc;

use async_lock::{Mutex, Semaphore};
use blocking::unblock;
use pronto_host::{Fault, OwnedRequest, Request, Response, Router};

use crate::{
    api::{self, Command, MOST_CONTENT},
    problem::Problem,
    store::Store,
};

/// The routes.
pub(crate) fn router(writing: Store, reading: Store) -> Router {
    let stores = Arc::new(Stores {
        writing: Arc::new(Mutex::new(writing)),
        reading: Arc::new(Mutex::new(reading)),
        places: Semaphore::new(MOST_WAITING),
    });
    let on_add = Arc::clone(&stores);
    let on_change = Arc::clone(&stores);
    Router::new()
        .get("/", plain(&stores, api::list))
        .post("/", move |request| add(Arc::clone(&on_add), request))
        .content_limit(MOST_CONTENT)
        .get("/{id}", plain(&stores, api::find))
        .patch("/{id}", move |request| change(Arc::clone(&on_change), request))
        .content_limit(MOST_CONTENT)
        .delete("/{id}", plain(&stores, api::remove))
}

async fn add(stores: Arc<Stores>, mut request: OwnedRequest) -> Result<Response, Fault> {
    let new = request.json().await?;
    stores.run(api::add(new)?).await
}

async fn change(stores: Arc<Stores>, mut request: OwnedRequest) -> Result<Response, Fault> {
    let change = request.json().await?;
    let command = api::change(&request.view(), change)?;
    stores.run(command).await
}

/// A handler for requests whose content does not matter.
fn plain(
    stores: &Arc<Stores>,
    command: fn(&Request<'_>) -> Result<Command, Problem>,
) -> impl Fn(OwnedRequest) -> PlainFuture + Send + Sync + 'static {
    let stores = Arc::clone(stores);
    move |request| {
        let (stores, command) = (Arc::clone(&stores), command(&request.view()));
        Box::pin(async move { stores.run(command?).await })
    }
}

type PlainFuture = std::pin::Pin<Box<dyn Future<Output = Result<Response, Fault>>>>;

/// The connections to the database. Who wants one waits for it without a thread, so that two threads are enough.
#[derive(Debug)]
struct Stores {
    writing: Arc<Mutex<Store>>,
    reading: Arc<Mutex<Store>>,
    places: Semaphore,
}

impl Stores {
    async fn run(&self, command: Command) -> Result<Response, Fault> {
        let Some(_place) = self.places.try_acquire() else { return Err(Problem::Full.into()) };
        let store = if command.only_reads() { &self.reading } else { &self.writing };
        let mut store = store.lock_arc().await;
        unblock(move || command.run(&mut store)).await?.into_response()
    }
}

/// Requests that wait at most; more are answered 503.
const MOST_WAITING: usize = 256;
