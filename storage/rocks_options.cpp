#include "storage/rocks_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "storage/rocks_background.h"
#include "storage/rocks_log.h"
#include "storage/rocks_memtable.h"

namespace pharox::storage {
namespace {

constexpr std::size_t operator""_KiB(unsigned long long n) { return n << 10; }
constexpr std::size_t operator""_MiB(unsigned long long n) { return n << 20; }

rocksdb::DBOptions common_options(const LogSink& log) {
  rocksdb::DBOptions options;
  options.info_log = std::make_shared<RocksLog>(log);
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.listeners.push_back(std::make_shared<NoAutoRecovery>());
  options.listeners.push_back(std::make_shared<ModestBackground>());
  options.max_bgerror_resume_count = 0;  // the other way in which RocksDB resumes by itself

  // One thread puts at a time, as rocks_memtable wants it: the journal makes groups by itself.
  options.allow_concurrent_memtable_write = false;

  // Threads and files that nobody asked for: statistics have no reader here, and the host's name
  // has no business in the files of somebody's store.
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.db_host_id = "";
  return options;
}

rocksdb::CompressionType compression() {
  // Proxies repeat their texts; LZ4 costs next to nothing to read back.
  const auto supported = rocksdb::GetSupportedCompressions();
  const bool has_lz4 = std::count(supported.begin(), supported.end(), rocksdb::kLZ4Compression) > 0;
  return has_lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
}

rocksdb::BlockBasedTableOptions block_options(std::string_view name) {
  // One cache for every store of the process. The engine reads its rows once, at open; after that
  // only the history and the health results are read, so a small one does.
  static const auto cache = rocksdb::NewLRUCache(8_MiB);
  rocksdb::BlockBasedTableOptions options;
  options.block_cache = cache;
  // rocks_table_guard reads these. Debian's RocksDB has CRC-32C without the processor's instruction
  // for it, which took a tenth of the time of opening.
  options.format_version = 5;
  options.checksum = rocksdb::kxxHash64;
  options.cache_index_and_filter_blocks = true;  // inside the bound, not beside it
  // Read as a whole, at open, and seldom by id: a large block costs less a row.
  if (name == table_name(format::Table::proxies) || name == table_name(format::Table::leases)) {
    options.block_size = 32_KiB;
  }
  // Asked for by id, often for one that is not there: a lease forgotten long ago, a proxy that was
  // never checked.
  if (name == table_name(format::Table::leases) || name == table_name(format::Table::health)) {
    options.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  }
  return options;
}

}  // namespace

rocksdb::DBOptions primary_options(const JournalOptions& journal) {
  rocksdb::DBOptions options = common_options(journal.log);
  options.create_if_missing = journal.create_if_missing;

  // Commits. What a group wrote is in the WAL, in one record, before anyone is told; so the WAL is
  // written at once (manual_wal_flush lost every write on SIGKILL), in order (no unordered_write)
  // and as it is (wal_compression is young, and batches are small).
  options.manual_wal_flush = false;
  options.unordered_write = false;
  options.wal_compression = rocksdb::kNoCompression;
  // A power loss may leave a torn tail of any shape, zeroes included, which the stricter modes
  // refuse. Replay stops at the first record that is not whole or that has lost the one before it
  // (rocks_wal_order.h), over all tables alike: what is recovered is a prefix.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // Opening writes what the WAL held to table files and syncs them. Without that, fencing tokens
  // seen after a kill could be lost by a power loss after it, and then be handed out again.
  options.avoid_flush_during_recovery = false;
  // Every write is in the WAL, so a flush at close is worth its time for long ones only:
  // RocksDatabase::shorten_logs().
  options.avoid_flush_during_shutdown = true;

  // Bounds, as an embedded library should have them. All tables share the write buffers; the WAL
  // bound flushes small, quiet tables that would otherwise keep every WAL since their last change.
  options.db_write_buffer_size = 64_MiB;
  options.max_total_wal_size = journal.seams.wal_bytes;
  options.max_open_files = 128;  // of the 1,024 that a process usually may have
  options.max_background_jobs = 2;
  options.max_manifest_file_size = 16_MiB;
  options.manifest_preallocation_size = 64_KiB;
  // What is written to tables is handed to the disk as it comes: written back in one burst it would
  // hold up the fdatasync of a commit.
  options.bytes_per_sync = 1_MiB;
  return options;
}

rocksdb::DBOptions secondary_options() {
  rocksdb::DBOptions options = common_options({});
  // Every table file is opened at once and stays open, so that the primary may delete it.
  options.max_open_files = -1;
  return options;
}

rocksdb::ColumnFamilyOptions table_options(std::string_view name) {
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(block_options(name)));
  options.compression = compression();
  options.write_buffer_size = 32_MiB;
  // With RocksDB's two, writers stand still (measured: 170 ms) when one fills before the other is
  // flushed. db_write_buffer_size bounds them all.
  options.max_write_buffer_number = 4;
  options.target_file_size_base = 32_MiB;
  options.max_bytes_for_level_base = 128_MiB;
  if (name == table_name(format::Table::leases)) {
    options.memtable_factory = memtable_of_rising_keys();
    // Keys rise, so the files of levels would never meet again, and what the history has forgotten
    // would stay in the oldest of them. Universal compaction merges all files before those written
    // since are three times as large as the oldest: so the table has a bound.
    options.compaction_style = rocksdb::kCompactionStyleUniversal;
    options.num_levels = 1;
    options.level0_file_num_compaction_trigger = 4;
    // A flush that drops a row leaves a tombstone, for an older one of that lease may lie in
    // another file. A file of which half is tombstones is merged at once, with all that are older:
    // so none are left.
    options.table_properties_collector_factories.push_back(
        rocksdb::NewCompactOnDeletionCollectorFactory(0, 0, 0.5));
  }
  return options;
}

rocksdb::ReadOptions walk_options() {
  rocksdb::ReadOptions options;
  // A walk reads every block once: kept in the cache they would only push out what is read again.
  options.fill_cache = false;
  // There are none; and where it looks for them, RocksDB (7.7 to 8.6.2, its pull request 11782)
  // forgets an error that meets a walk as it comes to the next file of a level. All of that level
  // from there on would be missing in silence, whether reading failed or a checksum.
  options.ignore_range_deletions = true;
  return options;
}

}  // namespace pharox::storage
