// In place of durable_redis_rows.cpp where hiredis is not installed.
#include "bench/durable_rows.h"

namespace pharox::bench {

void add_durable_redis_rows(const Scale&, const std::shared_ptr<Stage>&, Rows&) {}

}  // namespace pharox::bench
