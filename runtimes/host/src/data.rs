use std::{
    any::Any,
    fmt, mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::guarded::guard;

/// What was attached to a request: at most one value of each type. It takes memory only where there is any.
#[derive(Default)]
pub(crate) struct RequestData(Mutex<Option<Box<Values>>>);

type Values = Vec<Box<dyn Any + Send>>;

impl RequestData {
    /// Attaches a value, in the place of one of the same type.
    pub(crate) fn set<T: Send + 'static>(&self, value: T) {
        let mut values = self.values();
        let values = values.get_or_insert_default();
        match values.iter_mut().find_map(|other| other.downcast_mut()) {
            Some(other) => *other = value,
            None => values.push(Box::new(value)),
        }
    }

    /// The value of this type.
    pub(crate) fn value<T: Clone + 'static>(&self) -> Option<T> {
        self.values().iter().flat_map(|values| values.iter()).find_map(|value| value.downcast_ref()).cloned()
    }

    /// All of it, which is left to somebody else.
    pub(crate) fn take(&self) -> Self {
        Self(Mutex::new(mem::take(&mut self.values())))
    }

    fn values(&self) -> MutexGuard<'_, Option<Box<Values>>> {
        // A value whose `clone` panics has changed nothing here.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is dropped may have code of its own.
impl Drop for RequestData {
    #[inline]
    fn drop(&mut self) {
        if let Some(values) = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            drop_all(*values);
        }
    }
}

#[cold]
fn drop_all(values: Values) {
    for value in values {
        if let Err(fault) = guard(|| drop(value)) {
            log::error!("while it was dropped, something attached to a request {fault}");
        }
    }
}

impl fmt::Debug for RequestData {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} values", self.values().as_ref().map_or(0, |values| values.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_value_of_each_type() {
        let data = RequestData::default();
        assert_eq!(data.value::<u8>(), None);
        data.set(1_u8);
        data.set("text");
        data.set(2_u8);
        assert_eq!((data.value::<u8>(), data.value::<&str>()), (Some(2), Some("text")));
        let taken = data.take();
        assert_eq!((data.value::<u8>(), taken.value::<u8>()), (None, Some(2)));
    }
}
