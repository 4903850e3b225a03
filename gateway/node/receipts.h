// Receipts of one node: those that it signs for what it has stored, and those that it takes.
//
// Bytes and rules: docs/formats/receipt.md. A receipt is made for the state that the tick it is
// stored with makes durable, so it is sent only after that commit; the first one of a session
// speaks of every stream that came from the peer, so one that was lost with its connection costs
// nothing. Ownership: borrows the context. Thread-safety: one thread (the desk).
// Errors: those of exchange/receipt.h and the store; VERSION_CONFLICT for a number that does not
// rise, STREAM_UNKNOWN, INVALID_ARGUMENT.
#ifndef TOMBOLO_GATEWAY_NODE_RECEIPTS_H_
#define TOMBOLO_GATEWAY_NODE_RECEIPTS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "gateway/exchange/holdings.h"
#include "gateway/exchange/publisher.h"
#include "gateway/node/context.h"
#include "gateway/node/tick_writer.h"

namespace tombolo::node {

class Receipts {
 public:
  explicit Receipts(const Context& context) : context_(context) {}

  // What has come from the peer since its last receipt, by stream id.
  void Touch(const std::string& peer, std::string_view stream_id);
  // Receipts over everything touched (or, if that is nothing, one without items), put into the
  // tick. More than one only where a receipt's limits ask for it.
  StatusOr<std::vector<v1::Receipt>> Make(const std::string& peer,
                                          const exchange::Holdings& holdings,
                                          const exchange::Authority& authority, TickWriter* writer);
  // A peer's, whose signature the session has verified: number and sizes against what was said
  // before and what this node hands on (`find`: by stream id, null = nothing of that) and
  // has offered it (`open`) or got a receipt for it before; then its
  // row, positions and audit event go into the tick.
  using FindCarried = std::function<const exchange::CarriedStream*(const std::string& stream_id)>;
  Status Accept(const std::string& peer, const v1::Receipt& receipt, const FindCarried& find,
                const std::function<bool(uint32_t stream)>& open, TickWriter* writer);
  // The tick was not committed: numbers are read from the store again.
  void Forget();

 private:
  struct Said {
    uint64_t number = 0;
    absl::flat_hash_map<uint32_t, uint64_t> sizes;  // by stream, of the peer's receipts
  };
  StatusOr<uint64_t*> NextOwn(const std::string& peer);
  StatusOr<Said*> SaidBy(const std::string& peer);
  v1::ReceiptItem ItemOf(const std::string& stream_id, const exchange::Holdings& holdings) const;

  const Context& context_;
  std::map<std::string, std::map<std::string, bool>> touched_;  // by peer, stream id
  std::map<std::string, uint64_t> last_own_;                    // numbers, by peer
  std::map<std::string, Said> said_;                            // by peer
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_RECEIPTS_H_
