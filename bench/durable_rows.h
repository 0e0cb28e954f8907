// The rows of durability. They stand side by side with what they are divided by, so they are put
// together in one place, add_durable_rows, from the parts here.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "bench/durable_store.h"
#include "bench/rows.h"
#include "bench/sqlite_store.h"

namespace pharox::bench {

// The store that all rows share, opened anew in this mode each time.
using BringDurable = std::function<DurableStore&()>;
BringDurable bring_durable(const Scale& scale, const std::shared_ptr<Stage>& stage,
                           Durability durability);

// A row that runs so many operations in a repetition, or a few when the scale says so. What it
// throws ends this row alone, with an error.
Row durable_row(const Scale& scale, const std::string& name, std::int64_t operations,
                const std::function<void(benchmark::State&)>& run);

// The same for operations that are not the row's iterations: it has one, which gets their number.
Row durable_row_of_one(const Scale& scale, const std::string& name, std::int64_t operations,
                       const std::function<void(benchmark::State&, std::size_t operations)>& run);

// Pairs one by one; with FULL, also many in one transaction.
void add_durable_sqlite_rows(const Scale& scale, const std::shared_ptr<Stage>& stage,
                             SqliteMedium medium, Rows& rows);

// None, and a line on stderr, when there is no server to be started.
void add_durable_redis_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows);

}  // namespace pharox::bench
