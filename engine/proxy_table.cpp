#include "engine/proxy_table.h"

#include "engine/lease_state.h"

namespace pharox::engine {

std::optional<std::uint32_t> ProxyTable::number_of(const Uuid& id) const {
  return by_id_.find(id, [&](std::uint32_t number) -> const Uuid& {
    const ProxyPlace& place = places_[number];
    return place.pool->index.row(place.ordinal).id;
  });
}

const ProxyPlace* ProxyTable::find(const Uuid& id) const {
  const auto number = number_of(id);
  return number ? &places_[*number] : nullptr;
}

ProxyPlace* ProxyTable::find(const Uuid& id) {
  const auto number = number_of(id);
  return number ? &places_[*number] : nullptr;
}

std::vector<ProxyPlace*> ProxyTable::find_all(std::span<const Uuid> ids) {
  for (const Uuid& id : ids) by_id_.prefetch(id);
  std::vector<ProxyPlace*> places;
  places.reserve(ids.size());
  for (const Uuid& id : ids) {
    // Believing the hash: the ids are compared below.
    const auto number = by_id_.find(id, [&](std::uint32_t) -> const Uuid& { return id; });
    places.push_back(number ? &places_[*number] : nullptr);
    __builtin_prefetch(places.back());
  }
  for (const ProxyPlace* place : places) {
    if (place != nullptr) place->pool->index.row(place->ordinal).prefetch();
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ProxyPlace*& place = places[i];
    if (place != nullptr && place->pool->index.row(place->ordinal).id != ids[i]) {
      place = find(ids[i]);
    }
  }
  return places;
}

std::uint32_t ProxyTable::insert(const Uuid& id) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(places_.size()));
    places_.grow();
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();
  by_id_.insert(id, number);
  return number;
}

void ProxyTable::erase(const Uuid& id) {
  const std::uint32_t number = *number_of(id);
  by_id_.erase(id, number);
  places_[number] = ProxyPlace{};
  free_.push_back(number);
}

}  // namespace pharox::engine
