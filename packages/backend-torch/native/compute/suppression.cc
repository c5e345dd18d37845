#include "suppression.h"

#include <algorithm>
#include <cmath>
#include <queue>

#include "new_tensor.h"

namespace interfuse {

namespace {

struct Box {
  explicit Box(const float* corner)
      : top(std::min(corner[0], corner[2])),
        left(std::min(corner[1], corner[3])),
        bottom(std::max(corner[0], corner[2])),
        right(std::max(corner[1], corner[3])) {}

  double area() const { return (bottom - top) * (right - left); }

  double top, left, bottom, right;
};

/// Intersection over union.
double overlap(const Box& a, const Box& b) {
  if (a.area() <= 0 || b.area() <= 0) return 0;
  const double height = std::max(std::min(a.bottom, b.bottom) - std::max(a.top, b.top), 0.0);
  const double width = std::max(std::min(a.right, b.right) - std::max(a.left, b.left), 0.0);
  return height * width / (a.area() + b.area() - height * width);
}

struct Candidate {
  double score;
  int64_t box;
  /// Chosen boxes before this one have already lowered the score.
  size_t seen;

  /// The best score first; of equal ones the smaller index.
  bool operator<(const Candidate& other) const { return score != other.score ? score < other.score : box > other.box; }
};

}  // namespace

std::vector<Tensor> suppress(const Tensor& boxes, const Tensor& scores, int64_t max_count, double overlap_threshold,
                             double score_threshold, double sigma, bool pad) {
  const Tensor corners = boxes.contiguous();
  const Tensor values = scores.contiguous();
  const auto* corner = corners.data_ptr<float>();
  const auto* score = values.data_ptr<float>();
  const double scale = sigma > 0 ? -0.5 / sigma : 0;
  std::priority_queue<Candidate> candidates;
  for (int64_t i = 0; i < values.numel(); ++i) {
    if (score[i] > score_threshold) candidates.push({score[i], i, 0});
  }
  std::vector<Candidate> chosen;
  while (static_cast<int64_t>(chosen.size()) < max_count && !candidates.empty()) {
    Candidate candidate = candidates.top();
    candidates.pop();
    const double before = candidate.score;
    bool dropped = false;
    // Boxes of similar scores are likely to overlap: the latest choices are compared first.
    for (size_t j = chosen.size(); j > candidate.seen && candidate.score > score_threshold;) {
      const double common = overlap(Box(corner + 4 * candidate.box), Box(corner + 4 * chosen[--j].box));
      if (common >= overlap_threshold) {
        dropped = true;
        break;
      }
      candidate.score *= std::exp(scale * common * common);
    }
    candidate.seen = chosen.size();
    if (dropped) continue;
    if (candidate.score == before) {
      chosen.push_back(candidate);
    } else if (candidate.score > score_threshold) {
      candidates.push(candidate);
    }
  }
  const auto count = static_cast<int64_t>(chosen.size());
  const int64_t length = pad ? std::max(max_count, count) : count;
  Tensor indices = zero_tensor({length}, at::kInt);
  Tensor kept_scores = zero_tensor({length}, at::kFloat);
  for (int64_t i = 0; i < count; ++i) {
    indices.data_ptr<int32_t>()[i] = static_cast<int32_t>(chosen[i].box);
    kept_scores.data_ptr<float>()[i] = static_cast<float>(chosen[i].score);
  }
  return {indices, kept_scores, zero_tensor({}, at::kInt).fill_(count)};
}

}  // namespace interfuse
