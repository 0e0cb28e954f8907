// Input: the format (or that it is to be detected), the protocol of rows that name none, the list.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unordered_map>

#include "pharox/errors.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/input_bytes.h"
#include "tools/import/importer.h"
#include "tools/import/row_reader.h"

namespace pharox::tests {
namespace {

using namespace tools;

constexpr std::size_t kFormats = 4;

// What a storage would take, without one: the rules of a proxy, and replacing by id.
class Rules final : public ImportTarget {
 public:
  ProxyPool ensure_pool(const std::string& name) override {
    return {.id = Uuid::random(), .name = name, .description = {}};
  }
  std::optional<Proxy> find_proxy(const Uuid& id) override {
    const auto found = proxies_.find(id);
    return found == proxies_.end() ? std::nullopt : std::optional(found->second);
  }
  // A row that was read is not refused here: it would take the other rows of its chunk with it.
  void save(std::span<const Proxy> proxies) override {
    for (const Proxy& proxy : proxies) {
      validate(proxy);
      proxies_.insert_or_assign(proxy.id, proxy);
    }
  }
  void close() override {}

 private:
  std::unordered_map<Uuid, Proxy> proxies_;
};

}  // namespace

void fuzz_import(std::string_view bytes) {
  InputBytes in(bytes);
  const std::size_t format = in.byte() % (kFormats + 1);
  const auto when_absent = static_cast<ProxyProtocol>(1 + in.byte() % 4);
  std::istringstream text{std::string(in.rest())};
  ByteSource source(text);
  std::unique_ptr<RowReader> rows;
  try {
    const ListFormat known =
        format == kFormats ? detect_format(source.lookahead()) : static_cast<ListFormat>(format);
    rows = open_rows(source, known, when_absent);
  } catch (const PharoxError&) {
    return;  // the list as a whole
  }
  Rules rules;
  Importer importer(rules, "pool", {}, Timestamp{});
  ParsedRow parsed;
  try {
    while (rows->next(parsed)) {
      require(parsed.row.has_value() == parsed.error.empty(), "a row both good and bad");
      if (parsed.row) {
        importer.add(*std::move(parsed.row));
      } else {
        importer.count_bad();
      }
    }
  } catch (const InvalidArgumentError& error) {
    throw std::logic_error(std::string("a row was taken and then refused: ") + error.what());
  } catch (const PharoxError&) {
  }
  importer.finish();
  require(rows->ignored().names().size() <= 20, "unbounded notes");
}

std::vector<std::string> import_seeds() {
  std::vector<std::string> seeds;
  const auto add = [&](char format, const std::string& text) {
    seeds.push_back(std::string{format, '\0'} + text);
  };
  for (const auto& entry : std::filesystem::directory_iterator(PHAROX_SAMPLES)) {
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    add(kFormats, text.str().substr(0, 2000));
  }
  add(0, "http://user:p%40ss@[2001:db8::1]:8080/\nhost:1:a:b\n# note\nsocks5h://h:65535\n");
  add(0, std::string("[::1\0x]:80\n", 11));
  add(1, "host,port,user,password,lat,lon,asn\n\"h\"\"x\",1,u,\"p\n,\",1.5,-2e1,AS7\n");
  add(2, R"([{"ip":"192.0.2.1","port":"80","asn":{"autonomous_system_number":1}},{"a":[]}])");
  add(3, "{\"host\":\"h\",\"port\":1,\"credentials\":{\"user\":\"u\",\"password\":\"p\"}}\n\n{}\n");
  add(3, R"({"host":"h","port":1,"geolocation":{"country":{"iso_code":"CH"},"city":{"names":)"
         R"({"en":"Bern"}},"location":{"latitude":46.9,"longitude":7.4}}})");
  return seeds;
}

}  // namespace pharox::tests
