// The errors of Pharox. All derive from PharoxError, so that one handler catches them all.
//
// "Nothing available" is not an error: calls that may find nothing return an empty std::optional.
// After any error but StorageError nothing has changed.
#pragma once

#include <stdexcept>

namespace pharox {

// The base of every error that Pharox throws on purpose.
class PharoxError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// An argument or a record breaks a rule. The message names the field, the value and the rule.
class InvalidArgumentError : public PharoxError {
 public:
  using PharoxError::PharoxError;
};

// The terms of a lease cannot be met: a duration that is not positive, or ends beyond year 9999.
class InvalidLeaseError : public InvalidArgumentError {
 public:
  using InvalidArgumentError::InvalidArgumentError;
};

class PoolNotFoundError : public PharoxError {
 public:
  using PharoxError::PharoxError;
};

class ProxyNotFoundError : public PharoxError {
 public:
  using PharoxError::PharoxError;
};

class ConsumerNotFoundError : public PharoxError {
 public:
  using PharoxError::PharoxError;
};

// The proxy that was asked for by id is at its concurrency limit.
class ProxyUnavailableError : public PharoxError {
 public:
  using PharoxError::PharoxError;
};

// A pool's name is already taken by a pool with another id.
class DuplicateNameError : public PharoxError {
 public:
  using PharoxError::PharoxError;
};

// The store could not read or write. From a call that writes: the outcome is unknown (the change
// is wholly there or wholly absent) and the store refuses writes until it is opened again.
class StorageError : public PharoxError {
 public:
  using PharoxError::PharoxError;
};

// Stored bytes are wrong: they fail a check, or contradict other records.
class CorruptionError : public StorageError {
 public:
  using StorageError::StorageError;
};

// Another process, or another object of this process, has the store open.
class StoreLockedError : public StorageError {
 public:
  using StorageError::StorageError;
};

}  // namespace pharox
