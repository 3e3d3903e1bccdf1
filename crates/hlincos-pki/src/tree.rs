//! The retained hash tree of a stateful key: 1,024 leaves and all nodes above them.
//!
//! Nothing in it is secret: each signature shows ten nodes. It is kept since making it anew takes
//! half a second, and is believed only as far as its root is the public key's.

/// A node's hash.
pub(crate) type Node = [u8; NODE_BYTES];
/// The nodes beside the way from a leaf to the root, the leaf's neighbour first.
pub(crate) type Path = [Node; HEIGHT];

/// Leaves of a tree: signatures of a stateful key.
pub const LEAVES: u32 = 1 << HEIGHT;
/// Bytes of [`Tree::leaves`].
pub const TREE_BYTES: usize = NODE_BYTES << HEIGHT;

const HEIGHT: usize = 10;
const NODE_BYTES: usize = 32;
const LEAF_COUNT: usize = 1 << HEIGHT;

/// The tree of one stateful key.
///
/// ```text
///            1            nodes[1] is the root,
///        2       3        nodes[r] is over nodes[2r] and nodes[2r + 1],
///      4   5   6   7      leaf q is nodes[1024 + q]
/// ```
pub struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// Computes the leaves, then the nodes over them.
    ///
    /// `parent` takes the height of the two nodes, the new node's index among those of its height,
    /// and the two nodes.
    pub(crate) fn grow(
        leaf: impl Fn(u32) -> Node,
        parent: impl Fn(u32, u32, &Node, &Node) -> Node,
    ) -> Self {
        let leaves: Vec<Node> = (0..LEAVES).map(leaf).collect();
        Self::over(&leaves, parent)
    }

    fn over(leaves: &[Node], parent: impl Fn(u32, u32, &Node, &Node) -> Node) -> Self {
        let mut nodes = vec![[0; NODE_BYTES]; LEAF_COUNT];
        nodes.extend(leaves);
        let mut first = LEAVES / 2;
        for height in 0.. {
            for index in 0..first {
                let at = (first + index) as usize;
                nodes[at] = parent(height, index, &nodes[2 * at], &nodes[2 * at + 1]);
            }
            if first == 1 {
                break;
            }
            first /= 2;
        }
        Self { nodes }
    }

    /// Computes the nodes over kept leaves; nothing when their number is wrong.
    pub(crate) fn from_leaves(
        bytes: &[u8],
        parent: impl Fn(u32, u32, &Node, &Node) -> Node,
    ) -> Option<Self> {
        let (leaves, rest) = bytes.as_chunks::<NODE_BYTES>();
        let whole = rest.is_empty() && leaves.len() == LEAF_COUNT;
        whole.then(|| Self::over(leaves, parent))
    }

    /// The leaves, in the form that [`crate::StatefulKey::load_tree`] takes.
    ///
    /// Shape: [`TREE_BYTES`] bytes.
    #[must_use]
    pub fn leaves(&self) -> Vec<u8> {
        self.nodes[LEAF_COUNT..].concat()
    }

    pub(crate) fn root(&self) -> &Node {
        &self.nodes[1]
    }

    pub(crate) fn path(&self, index: u32) -> Path {
        let leaf = LEAF_COUNT + index as usize;
        core::array::from_fn(|height| self.nodes[(leaf >> height) ^ 1])
    }
}
