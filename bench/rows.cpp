#include "bench/rows.h"

namespace pharox::bench {

Rows all_rows(const Scale& scale, const std::shared_ptr<Stage>& stage) {
  Rows rows;
  add_yardstick_rows(scale, stage, rows);
  add_wheel_rows(scale, stage, rows);
  add_bulk_rows(scale, stage, rows);
  add_expiry_rows(scale, stage, rows);
  add_opening_rows(scale, stage, rows);
  add_durable_rows(scale, stage, rows);
  add_wait_rows(scale, stage, rows);
  for (const std::size_t proxies : scale.proxies) {
    add_health_rows(proxies, stage, rows);
    if (proxies == scale.large) add_mixed_rows(proxies, stage, rows);
  }
  add_filter_stream_rows(scale, stage, rows);
  add_grid_rows(scale, stage, rows);
  add_peer_rows(scale, stage, rows);
  if (scale.iterations != 0) {
    for (Row& row : rows) {
      if (row.iterations == 0) row.iterations = scale.iterations;
    }
  }
  return rows;
}

}  // namespace pharox::bench
