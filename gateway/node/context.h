// What every use case of a node works with: its name, its suite, its store and its seams to the
// outside.
//
// Ownership: points at objects that whoever wires the program (gateway/app) keeps alive.
// Thread-safety: one thread at a time. Errors: none.
#ifndef TOMBOLO_GATEWAY_NODE_CONTEXT_H_
#define TOMBOLO_GATEWAY_NODE_CONTEXT_H_

#include <functional>
#include <string>

#include "gateway/base/seams.h"
#include "gateway/ledger/signer.h"
#include "gateway/ledger/suite.h"
#include "gateway/record/identity.h"
#include "gateway/store/store.h"
#include "tombolo/v1/node.pb.h"

namespace tombolo::node {

struct Context {
  std::string origin;  // SPIFFE ID of this node
  ledger::Suite suite = v1::SHA256_ED25519;
  v1::IngestConfig ingest;
  std::string actor;  // who asks, for the audit trail
  // Name of this build of the program, another for other code; "" = unknown, and nothing is relied
  // on that another build may have judged (known_rows.h).
  std::string program;
  // 32 bytes, from the node's secret: under it this node issues cursors and takes them back.
  std::string cursor_key;
  store::Store* store = nullptr;
  ledger::Signer* signer = nullptr;      // null for reading only
  record::Identity* identity = nullptr;  // null for reading only
  std::function<void()> committed;       // after each commit, may be empty: tells other processes
  Clock* clock = nullptr;
  Entropy* entropy = nullptr;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_CONTEXT_H_
