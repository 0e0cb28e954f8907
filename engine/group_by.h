// Numbers, put together by the group that each belongs to: a counting sort, so that work on each
// group can be done in one go, while what it needs is in the cache.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pharox::engine {

// Calls visit(group, members) for every group below `groups` that has members, in order of the
// groups; members keep their order. group_of(member) tells the group, or a number from `groups` on
// for those that have none.
template <class GroupOf, class Visit>
void for_each_group(std::span<const std::uint32_t> members, std::size_t groups,
                    const GroupOf& group_of, const Visit& visit) {
  std::vector<std::uint32_t> begin(groups + 1);
  for (const std::uint32_t member : members) {
    if (const std::size_t group = group_of(member); group < groups) ++begin[group + 1];
  }
  for (std::size_t group = 0; group < groups; ++group) begin[group + 1] += begin[group];
  std::vector<std::uint32_t> grouped(begin[groups]);
  std::vector<std::uint32_t> end(begin.begin(), begin.end() - 1);
  for (const std::uint32_t member : members) {
    if (const std::size_t group = group_of(member); group < groups) grouped[end[group]++] = member;
  }
  for (std::size_t group = 0; group < groups; ++group) {
    const std::span all(grouped);
    if (begin[group] != end[group]) {
      visit(group, all.subspan(begin[group], end[group] - begin[group]));
    }
  }
}

}  // namespace pharox::engine
