// How RocksDB's own threads flush and compact: so that they do not hold up those that lease.
#pragma once

#include <rocksdb/listener.h>
#include <rocksdb/table_properties.h>

#include <atomic>

namespace pharox::storage {

// Lets others have the processor between the rows that a thread of RocksDB works on. Whoever is
// woken on the processor of a thread waits until its turn ends, which is several milliseconds
// later, however low its priority is; so those threads sleep now and then, and nearly always while
// the store is being opened. Any other thread, such as one that opens a store and writes what its
// log held, does not.
//
// Every row that is written to a table file comes by here by itself, for the properties of that
// file; one that may be dropped instead has to be brought. What a merge drops unasked, a tombstone
// and the row that it hides, passes by unseen.
//
// Thread safety: any thread.
class Pauses final : public rocksdb::TablePropertiesCollectorFactory {
 public:
  // Whether somebody waits for the rows, for the store to be ready.
  void set_recovering(bool recovering) { recovering_ = recovering; }

  // To be called often.
  void between_rows() const;

  rocksdb::TablePropertiesCollector* CreateTablePropertiesCollector(Context) override;
  const char* Name() const override { return "pharox.Pauses"; }

 private:
  std::atomic<bool> recovering_{false};
};

// Makes them yield: by their priority too, and by not counting what they do, which nobody asks for.
// A thread cannot raise itself again, and RocksDB has one pool of them for the process: other
// databases in it are flushed and compacted so too, and wait while ours pauses.
class ModestBackground final : public rocksdb::EventListener {
 public:
  void OnFlushBegin(rocksdb::DB*, const rocksdb::FlushJobInfo&) override { set_up_thread(); }
  void OnCompactionBegin(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override {
    set_up_thread();
  }

 private:
  static void set_up_thread();
};

}  // namespace pharox::storage
