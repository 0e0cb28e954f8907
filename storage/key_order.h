// Holds the rows of a table to the order of their keys: so no key comes twice, and whoever takes
// the rows need not look for one that it has already.
#pragma once

#include <string>
#include <string_view>

#include "format/keys.h"
#include "format/persisted.h"
#include "pharox/errors.h"

namespace pharox::storage {

class KeyOrder {
 public:
  // Throws CorruptionError unless the key is greater than all before it.
  void take(format::Table table, std::string_view key) {
    if (!first_ && key <= last_) {
      throw CorruptionError(std::string(table_name(table)) + "/" + format::key_text(key) +
                            ": not behind the row before it, " + format::key_text(last_));
    }
    first_ = false;
    last_.assign(key);
  }

 private:
  bool first_ = true;
  std::string last_;
};

}  // namespace pharox::storage
