// The rules of docs/formats/policy.md, "How it is decided", one after the other, over texts and
// without tables; what the compiled ones are compared with.
//
// Ownership: none kept. Thread-safety: pure. Errors: none.
#ifndef TOMBOLO_TESTS_UNIT_BOUNDARY_REFERENCE_H_
#define TOMBOLO_TESTS_UNIT_BOUNDARY_REFERENCE_H_

#include <vector>

#include "tests/unit/boundary/fixture.h"

namespace tombolo::boundary {

struct ReferenceWorld {
  const v1::Policy* policy = nullptr;  // null: there is none
  std::vector<v1::Grant> grants;       // those that the policy names
  v1::Registry registry;
  CodeLists codes;
};

LayerMask ReferenceLayers(const ReferenceWorld& world, const Question& question);
// What a hub that asks for itself may hand on.
LayerMask ReferenceOnward(const ReferenceWorld& world, const Question& question);

}  // namespace tombolo::boundary

#endif  // TOMBOLO_TESTS_UNIT_BOUNDARY_REFERENCE_H_
