// The test vectors of the ledger's formats, made by the code that the pages describe; one damage a
// vector. conformance/vectors/README.md has the keys.
//
// Ownership: values. Thread-safety: pure. errors: none; RunVector gives what the code says of a
// vector.
#ifndef TOMBOLO_TESTS_UNIT_LEDGER_VECTORS_H_
#define TOMBOLO_TESTS_UNIT_LEDGER_VECTORS_H_

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"

namespace tombolo::ledger {

struct Vector {
  std::string folder;         // below conformance/vectors
  std::string name;           // the file's, without .json
  boost::json::object value;  // what, suite, valid, damage and the keys of `what`
};

// Collects the vectors of one `what`.
class VectorSet {
 public:
  VectorSet(std::string folder, std::string what, std::vector<Vector>* out)
      : folder_(std::move(folder)), what_(std::move(what)), out_(out) {}
  void Valid(int suite, std::string_view name, boost::json::object keys) const {
    Add(suite, "valid-" + std::string(name), "", std::move(keys));
  }
  void Damaged(int suite, std::string_view damage, boost::json::object keys) const {
    Add(suite, std::string(damage), damage, std::move(keys));
  }

 private:
  void Add(int suite, const std::string& name, std::string_view damage,
           boost::json::object keys) const;
  std::string folder_, what_;
  std::vector<Vector>* out_;
};

void AddMerkleVectors(std::vector<Vector>* out);
void AddHeadVectors(std::vector<Vector>* out);
void AddCheckpointVectors(std::vector<Vector>* out);
void AddHeadProofVectors(std::vector<Vector>* out);
void AddCursorVectors(std::vector<Vector>* out);
void AddProofVectors(std::vector<Vector>* out);
std::vector<Vector> AllVectors();

// What the ledger says of a vector read from its file. For a valid one also compares what was
// decoded with what the vector states.
Status RunVector(const boost::json::object& vector);

std::string Hex(std::string_view bytes);

}  // namespace tombolo::ledger

#endif  // TOMBOLO_TESTS_UNIT_LEDGER_VECTORS_H_
