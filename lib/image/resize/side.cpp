#include "image/resize/side.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "image/resize/filter.hpp"

namespace infer::detail {
namespace {

constexpr std::size_t kKeptSides = 16;

/// Of the values of a side, one after another: original values from `first` on, as far as weights go.
template <class Weight>
struct Neighbours {
  std::vector<int> first{};
  std::vector<std::size_t> end{};  ///< of its weights
  std::vector<Weight> weights{};

  std::span<const Weight> of(std::size_t value) const {
    const std::size_t begin = value == 0 ? 0 : end[value - 1];
    return {weights.data() + begin, end[value] - begin};
  }
  void clear() {
    first.clear();
    end.clear();
    weights.clear();
  }
  int end_of(std::size_t value) const { return first[value] + static_cast<int>(of(value).size()); }
};

// The arithmetic, down to the order of operations, that Pillow and ATen share: the bytes depend on it.
class Curve {
 public:
  explicit Curve(const ResizedSide& side)
      : filter_(filter_curve(side.filter)),
        from_(side.from),
        scale_(static_cast<double>(side.from) / side.to) {}

  /// Adds those of a value. Their weights add up to 1.
  void add_neighbours(int value, Neighbours<double>& found) const {
    const double stretch = std::max(scale_, 1.0);
    const double reach = filter_.reach * stretch;
    const double center = (value + 0.5) * scale_;
    const double inverse = 1 / stretch;
    const int first = std::max(static_cast<int>(center - reach + 0.5), 0);
    const int count = std::min(static_cast<int>(center + reach + 0.5), from_) - first;
    const std::size_t begin = found.weights.size();
    double sum = 0;
    for (int place = 0; place < count; ++place) {
      const double weight = filter_.at((place + first - center + 0.5) * inverse);
      found.weights.push_back(weight);
      sum += weight;
    }
    for (std::size_t place = begin; sum != 0 && place < found.weights.size(); ++place)
      found.weights[place] /= sum;
    found.first.push_back(first);
    found.end.push_back(found.weights.size());
  }

 private:
  FilterCurve filter_;
  int from_;
  double scale_;
};

Neighbours<double> wanted_neighbours(const ResizedSide& side, const Curve& curve) {
  Neighbours<double> wanted;
  for (int value = side.first; value < side.first + side.count; ++value) curve.add_neighbours(value, wanted);
  return wanted;
}

double largest_of(std::span<const double> weights) { return weights.empty() ? 0 : std::ranges::max(weights); }

// Also of the values that are not wanted.
double largest_weight(const ResizedSide& side, const Curve& curve, const Neighbours<double>& wanted) {
  double largest = largest_of(wanted.weights);
  Neighbours<double> found;
  for (int value = 0; value < side.to; ++value) {
    if (value >= side.first && value < side.first + side.count) continue;
    found.clear();
    curve.add_neighbours(value, found);
    largest = std::max(largest, largest_of(found.weights));
  }
  return largest;
}

// Pillow's are always multiples of 2^-22; ATen's are as fine as the largest one of the side leaves them below
// 2^15.
int weights_shift(const ResizedSide& side, const Curve& curve, const Neighbours<double>& wanted) {
  if (side.backend == ImageBackend::pil) return 22;
  const double largest = largest_weight(side, curve, wanted);
  int shift = 0;
  while (shift < 22 && static_cast<int>(0.5 + largest * (1 << (shift + 1))) < 1 << 15) ++shift;
  return shift;
}

// Without those at the end that are 0.
Neighbours<std::int32_t> in_whole_numbers(const Neighbours<double>& exact, int shift) {
  Neighbours<std::int32_t> whole{exact.first, {}, {}};
  for (std::size_t value = 0; value < exact.first.size(); ++value) {
    const std::size_t begin = whole.weights.size();
    for (const double weight : exact.of(value)) {
      whole.weights.push_back(static_cast<std::int32_t>((weight < 0 ? -0.5 : 0.5) + weight * (1 << shift)));
    }
    while (whole.weights.size() > begin + 1 && whole.weights.back() == 0) whole.weights.pop_back();
    whole.end.push_back(whole.weights.size());
  }
  return whole;
}

int quads_of(int first, int end, QuadPlaces places) {
  const int begin = places == QuadPlaces::anywhere ? first : first / 4 * 4;
  return (end - begin + 3) / 4;
}

// Where quads begin: so that the last one ends within what is needed, if there is so much.
int quads_begin(const SideWeights& side, int first, QuadPlaces places) {
  const int step = places == QuadPlaces::anywhere ? 1 : 4;
  const int last = (side.needed + step - 1) / step * step - side.quads * 4;
  return std::min(first / step * step, std::max(last, 0));
}

void add_value(SideWeights& side, int first, std::span<const std::int32_t> weights, QuadPlaces places,
               const ResizeLoops& loops) {
  const int begin = quads_begin(side, first, places);
  side.first.push_back(begin);
  auto next = weights.begin();
  for (int quad = 0; quad < side.quads; ++quad) {
    std::array<std::int32_t, 4> spread{};
    for (int place = 0; place < 4; ++place) {
      if (begin + quad * 4 + place < first || next == weights.end()) continue;
      spread[static_cast<std::size_t>(place)] = *next++;
    }
    side.weights.push_back(loops.pack(spread));
  }
}

}  // namespace

SideWeights side_weights(const ResizedSide& side, QuadPlaces places, const ResizeLoops& loops) {
  const Curve curve(side);
  const Neighbours<double> exact = wanted_neighbours(side, curve);
  SideWeights made{.origin = exact.first.front(), .shift = weights_shift(side, curve, exact)};
  const Neighbours<std::int32_t> wanted = in_whole_numbers(exact, made.shift);
  for (std::size_t value = 0; value < wanted.first.size(); ++value) {
    const int first = wanted.first[value] - made.origin;
    const int end = wanted.end_of(value) - made.origin;
    made.needed = std::max(made.needed, end);
    made.quads = std::max(made.quads, quads_of(first, end, places));
  }
  made.first.reserve(wanted.first.size());
  made.weights.reserve(wanted.first.size() * static_cast<std::size_t>(made.quads));
  for (std::size_t value = 0; value < wanted.first.size(); ++value) {
    add_value(made, wanted.first[value] - made.origin, wanted.of(value), places, loops);
  }
  return made;
}

const SideWeights& SideWeightsCache::find(const ResizedSide& side) {
  auto found = std::ranges::find(entries_, side, [](const auto& entry) { return entry->side; });
  if (found == entries_.end()) {
    auto made = std::make_unique<Entry>(Entry{side, side_weights(side, places_, *loops_)});
    if (entries_.size() == kKeptSides) entries_.pop_back();
    found = entries_.insert(entries_.end(), std::move(made));
  }
  std::rotate(entries_.begin(), found, found + 1);
  return entries_.front()->weights;
}

}  // namespace infer::detail
