// Everything a user of the library needs.
#pragma once

#include "pharox/bootstrap.h"
#include "pharox/in_memory_storage.h"
#include "pharox/manager.h"
#include "pharox/rocksdb_storage.h"
