#include "tools/dump/dump_line.h"
#include "tools/dump/record_printer.h"

namespace pharox::tools {

namespace {

using format::Json;

class JsonLines final : public RecordPrinter {
 public:
  JsonLines(StoreView& view, Output& out, format::Secrets secrets) : out_(out), secrets_(secrets) {
    print(kStoreLine,
          {{"format_version", format::kFormatVersion}, {"token_mark", view.token_mark()}});
  }

  void begin(RecordKind) override {}
  void pool(const ProxyPool& pool) override { print(kPoolLine, format::to_json(pool)); }
  void consumer(const Consumer& consumer) override {
    print(kConsumerLine, format::to_json(consumer));
  }
  void proxy(const Proxy& proxy) override { print(kProxyLine, format::to_json(proxy, secrets_)); }
  void lease(const format::StoredLease& lease) override {
    print(kLeaseLine, format::to_json(lease));
  }
  void ended_lease(const format::StoredLease& lease) override {
    print(kEndedLeaseLine, format::to_json(lease));
  }
  void health(const HealthCheckResult& result) override {
    print(kHealthLine, format::to_json(result));
  }
  void cursor(const Uuid& pool_id, const Uuid& last_chosen) override {
    print(kCursorLine,
          {{"pool_id", pool_id.to_string()}, {"last_chosen", last_chosen.to_string()}});
  }

 private:
  void print(std::string_view type, const Json& record) {
    Json line{{"type", type}};
    line.update(record);
    out_.line(line.dump());
  }

  Output& out_;
  const format::Secrets secrets_;
};

}  // namespace

std::unique_ptr<RecordPrinter> print_json_lines(StoreView& view, Output& out,
                                                format::Secrets secrets) {
  return std::make_unique<JsonLines>(view, out, secrets);
}

}  // namespace pharox::tools
