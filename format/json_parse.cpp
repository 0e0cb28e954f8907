#include <algorithm>
#include <vector>

#include "format/json_text.h"
#include "format/refusal.h"
#include "pharox/errors.h"

namespace pharox::format {

namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxDepth = 64;
// An ordered object looks its fields up one by one: without a limit a text of 1 MiB takes minutes.
constexpr std::size_t kMaxFields = 1024;

// Watches the parser go through a document and stops it at the first thing it must not accept.
class Watch {
 public:
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    const bool starts = event == Event::object_start || event == Event::array_start;
    if (starts && static_cast<std::size_t>(depth) >= kMaxDepth) {
      throw InvalidArgumentError("JSON text is nested deeper than 64 levels");
    }
    if (event == Event::object_start) objects_.emplace_back();
    if (event == Event::object_end) objects_.pop_back();
    if (event == Event::key) add_key(parsed.get_ref<const std::string&>());
    return true;
  }

 private:
  // The parser would keep the last of two fields with one name and drop the other in silence.
  void add_key(const std::string& key) {
    std::vector<std::string>& keys = objects_.back();
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) {
      throw InvalidArgumentError("JSON object has the field " + in_quotes(key) + " twice");
    }
    if (keys.size() == kMaxFields) {
      throw InvalidArgumentError("JSON object has more than 1024 fields");
    }
    keys.push_back(key);
  }

  std::vector<std::vector<std::string>> objects_;  // the keys so far of each object still open
};

}  // namespace

Json parse_json(std::string_view text) {
  if (text.size() > kMaxBytes) {
    throw InvalidArgumentError("JSON text is " + std::to_string(text.size()) +
                               " bytes long; it must be at most 1048576");
  }
  // The messages of the parser quote the text, and the text may hold passwords.
  try {
    Watch watch;
    return Json::parse(text, [&](int depth, Json::parse_event_t event, Json& parsed) {
      return watch(depth, event, parsed);
    });
  } catch (const Json::parse_error& error) {
    throw InvalidArgumentError("JSON text is malformed at byte " + std::to_string(error.byte));
  } catch (const Json::exception&) {
    throw InvalidArgumentError("JSON text holds a number that is out of range");
  }
}

}  // namespace pharox::format
