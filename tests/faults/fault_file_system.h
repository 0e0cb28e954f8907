// The file system of a FaultDisk, as RocksDB wants one.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <memory>

#include "tests/faults/fault_disk.h"

namespace pharox::tests {

// Locks are not I/O here: RocksDB's own lock file is neither counted nor lost. The disk must
// outlive the environment.
std::unique_ptr<rocksdb::Env> environment_of(FaultDisk& disk);

}  // namespace pharox::tests
