// Containers, strings, streams, closures and shared pointers of C++'s library.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

int main() {
  unsigned seed = 1;
  auto next = [&] { return (seed = seed * 1664525 + 1013904223) >> 12; };
  std::unordered_map<std::string, int> counts;
  for (int i = 0; i < 15000; i++) counts["w" + std::to_string(next() % 3000)]++;
  std::vector<std::pair<std::string, int>> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end(), [](auto &a, auto &b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
  printf("%zu %s %d\n", sorted.size(), sorted[0].first.c_str(), sorted[0].second);

  const int nodes = 2000;
  std::vector<std::vector<std::pair<int, int>>> edges(nodes);
  for (int i = 0; i < 5 * nodes; i++) edges[next() % nodes].push_back({int(next() % nodes), int(next() % 100)});
  std::vector<int> far(nodes, 1 << 30);
  std::priority_queue<std::pair<int, int>, std::vector<std::pair<int, int>>, std::greater<>> queue;
  queue.push({far[0] = 0, 0});
  while (!queue.empty()) {
    auto [distance, node] = queue.top();
    queue.pop();
    if (distance > far[node]) continue;
    for (auto [to, length] : edges[node])
      if (distance + length < far[to]) queue.push({far[to] = distance + length, to});
  }
  printf("%d\n", *std::max_element(far.begin(), far.end(), [](int a, int b) { return a % (1 << 30) < b % (1 << 30); }));

  std::map<int, std::shared_ptr<std::set<int>>> groups;
  for (int i = 0; i < 20000; i++) {
    auto &group = groups[next() % 61];
    if (!group) group = std::make_shared<std::set<int>>();
    group->insert(next() % 1000);
  }
  std::vector<std::function<long(long)>> steps;
  for (auto &[key, group] : groups) steps.push_back([key = key, group = group](long sum) { return sum * 31 % 1000003 + key + *group->lower_bound(key); });
  long sum = 0;
  for (int i = 0; i < 500; i++) for (auto &step : steps) sum = step(sum);
  std::ostringstream out;
  for (int i = 0; i < 2000; i++) out << i * 0.37 << ' ' << std::hex << i << ',';
  std::istringstream in(out.str());
  std::string word;
  int words = 0;
  while (in >> word) words++;
  printf("%ld %zu %d\n", sum, out.str().size(), words);
}
