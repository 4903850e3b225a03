// Which current entries a file has spoken of: one bit per entry of a stream, so that a snapshot of
// millions of rows costs little memory.
//
// Ownership: plain object. Thread-safety: one thread. Errors: none.
#ifndef TOMBOLO_GATEWAY_NODE_SEEN_SET_H_
#define TOMBOLO_GATEWAY_NODE_SEEN_SET_H_

#include <cstdint>
#include <vector>

namespace tombolo::node {

class SeenSet {
 public:
  void Mark(uint32_t stream, uint64_t seq) {
    if (bits_.size() <= stream) bits_.resize(stream + 1);
    std::vector<bool>& bits = bits_[stream];
    if (bits.size() < seq) bits.resize(seq + seq / 4, false);
    bits[seq - 1] = true;
  }
  bool Has(uint32_t stream, uint64_t seq) const {
    return stream < bits_.size() && seq <= bits_[stream].size() && bits_[stream][seq - 1];
  }

 private:
  std::vector<std::vector<bool>> bits_;  // by stream number; those count from 1, closely
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_SEEN_SET_H_
