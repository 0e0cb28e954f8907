#include "pharox/storage.h"

#include <algorithm>

namespace pharox {
namespace {

// A chosen proxy that was leased by somebody else before we could is chosen anew this often.
constexpr int kMaxLostRaces = 16;

constexpr std::size_t kVisitPage = 1000;

template <class Record>
void visit_pages(const std::function<std::vector<Record>(const Page&)>& list,
                 const std::function<bool(const Record&)>& visit) {
  for (Page page{.after = {}, .limit = kVisitPage};;) {
    const std::vector<Record> records = list(page);
    for (const Record& record : records) {
      if (!visit(record)) return;
    }
    if (records.size() < page.limit) return;
    page.after = records.back().id;
  }
}

}  // namespace

std::optional<Lease> IStorage::acquire(std::string_view pool_name, std::string_view consumer_name,
                                       Duration duration, const ProxyFilters& filters,
                                       SelectorStrategy selector) {
  if (duration <= Duration{0}) {
    throw InvalidLeaseError("duration is " + std::to_string(duration.count()) +
                            " microseconds; it must be positive");
  }
  validate(filters);
  // Before choosing: a refused call must not move the cursor of round robin.
  const auto consumers = list_consumers();
  if (std::ranges::find(consumers, consumer_name, &Consumer::name) == consumers.end()) {
    throw ConsumerNotFoundError("no consumer '" + std::string(consumer_name) + "'");
  }
  cleanup_expired_leases();
  for (int lost_races = 0; lost_races < kMaxLostRaces; ++lost_races) {
    const auto proxy = find_available_proxy(pool_name, filters, selector);
    if (!proxy) break;
    try {
      return create_lease(proxy->id, consumer_name, duration);
    } catch (const ProxyUnavailableError&) {  // somebody else was faster
    } catch (const ProxyNotFoundError&) {     // it was deleted meanwhile
    }
  }
  return std::nullopt;
}

std::vector<Lease> IStorage::acquire_many(const AcquireRequest& request, std::size_t count) {
  check_batch(count);
  std::vector<Lease> leases;
  ProxyFilters filters = filters_of(request);
  if (request.distinct) {
    filters.predicate = [&leases, asked = filters.predicate](const Proxy& proxy) {
      return std::ranges::find(leases, proxy.id, &Lease::proxy_id) == leases.end() &&
             (!asked || asked(proxy));
    };
  }
  while (leases.size() < count) {
    auto lease = acquire(request.pool_name, consumer_of(request), request.duration, filters,
                         request.selector);
    if (!lease) break;
    leases.push_back(*std::move(lease));
  }
  return leases;
}

std::vector<Lease> IStorage::end_leases(std::span<const Lease> leases) {
  std::vector<Lease> ended;
  for (const Lease& lease : leases) {
    if (auto each = end_lease(lease)) ended.push_back(*std::move(each));
  }
  return ended;
}

std::optional<Lease> IStorage::end_lease(const Lease& lease) {
  if (!release_lease(lease)) return std::nullopt;
  if (auto ended = get_lease(lease.id)) return ended;
  // Released, but the storage keeps no history: what is known of it.
  Lease ended = lease;
  ended.status = LeaseStatus::released;
  ended.released_at = utc_now();
  ended.end_reason = EndReason::consumer;
  return ended;
}

std::vector<Proxy> IStorage::list_proxies(std::string_view pool_name) {
  return list_proxies(pool_name, Page{});
}

std::vector<Lease> IStorage::list_leases(std::optional<std::string_view> consumer_name,
                                         std::optional<LeaseStatus> status) {
  return list_leases(consumer_name, status, Page{});
}

void IStorage::visit_proxies(std::string_view pool_name,
                             const std::function<bool(const Proxy&)>& visit) {
  visit_pages<Proxy>([&](const Page& page) { return list_proxies(pool_name, page); }, visit);
}

void IStorage::visit_leases(std::optional<std::string_view> consumer_name,
                            std::optional<LeaseStatus> status,
                            const std::function<bool(const Lease&)>& visit) {
  visit_pages<Lease>([&](const Page& page) { return list_leases(consumer_name, status, page); },
                     visit);
}

}  // namespace pharox
