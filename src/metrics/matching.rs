//! One-to-one matching: as many pairs as there can be, and of these ways the one that costs least in all.

/// Cost of leaving one out; more than any real cost, so that a pair is made wherever there can be one.
const LEFT_OUT: i64 = 1 << 47;

/// For each row the column that it is paired with. `cost(row, column)` is `None` where the two are no pair, else less
/// than 2^36; there may be up to 1,000 of each.
///
/// The Hungarian method with potentials, in O(rows² × columns): taking the closest pair first would now and then take
/// away the only partner that another row has.
pub(super) fn match_up(
    rows: usize,
    columns: usize,
    cost: impl Fn(usize, usize) -> Option<u64>,
) -> Vec<Option<usize>> {
    if rows > columns {
        let turned = search(columns, rows, &|row, column| cost(column, row));
        let mut matched = vec![None; rows];
        for (column, row) in turned.into_iter().enumerate() {
            if let Some(row) = row {
                matched[row] = Some(column);
            }
        }
        return matched;
    }
    search(rows, columns, &cost)
}

/// The same for no more rows than columns.
fn search(rows: usize, columns: usize, cost: &dyn Fn(usize, usize) -> Option<u64>) -> Vec<Option<usize>> {
    let price = |row: usize, column: usize| cost(row, column).map_or(LEFT_OUT, u64::cast_signed);
    let mut search = Search::new(rows, columns);
    for row in 1..=rows {
        search.add(row, &price);
    }
    let mut matched = vec![None; rows];
    for (column, row) in search.row_of.into_iter().enumerate().skip(1).filter(|(_, row)| *row > 0) {
        matched[row - 1] = Some(column - 1).filter(|column| cost(row - 1, *column).is_some());
    }
    matched
}

/// The state of the method. Rows and columns count from 1; column 0 stands for the row that is being added.
struct Search {
    columns: usize,
    row_price: Vec<i64>,
    column_price: Vec<i64>,
    /// The row of each column; 0 is none.
    row_of: Vec<usize>,
}

impl Search {
    fn new(rows: usize, columns: usize) -> Self {
        Self {
            columns,
            row_price: vec![0; rows + 1],
            column_price: vec![0; columns + 1],
            row_of: vec![0; columns + 1],
        }
    }

    /// Adds a row: finds the cheapest way to give it a column, moving other rows to other columns where that is
    /// cheaper in all.
    fn add(&mut self, row: usize, price: &impl Fn(usize, usize) -> i64) {
        self.row_of[0] = row;
        let mut from = vec![0; self.columns + 1];
        let mut least = vec![i64::MAX; self.columns + 1];
        let mut done = vec![false; self.columns + 1];
        let mut at = 0;
        while self.row_of[at] != 0 {
            done[at] = true;
            let row = self.row_of[at];
            let (mut delta, mut next) = (i64::MAX, 0);
            for column in (1..=self.columns).filter(|column| !done[*column]) {
                let reduced = price(row - 1, column - 1) - self.row_price[row] - self.column_price[column];
                if reduced < least[column] {
                    (least[column], from[column]) = (reduced, at);
                }
                if least[column] < delta {
                    (delta, next) = (least[column], column);
                }
            }
            for column in 0..=self.columns {
                if done[column] {
                    self.row_price[self.row_of[column]] += delta;
                    self.column_price[column] -= delta;
                } else if column > 0 {
                    least[column] -= delta;
                }
            }
            at = next;
        }
        while at != 0 {
            self.row_of[at] = self.row_of[from[at]];
            at = from[at];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(costs: &[&[Option<u64>]]) -> Vec<Option<usize>> {
        let columns = costs.first().map_or(0, |row| row.len());
        match_up(costs.len(), columns, |row, column| costs[row][column])
    }

    /// Taking the cheapest pair first gives row 0 column 0, and leaves row 1 without.
    #[test]
    fn as_many_pairs_as_there_can_be() {
        assert_eq!(of(&[&[Some(1), Some(4)], &[Some(2), None]]), [Some(1), Some(0)]);
        assert_eq!(of(&[&[Some(1)], &[Some(0)], &[None]]), [None, Some(0), None]);
        assert_eq!(of(&[&[None, None]]), [None]);
        assert_eq!(of(&[]), Vec::<Option<usize>>::new());
        assert_eq!(match_up(3, 0, |_, _| Some(1)), [None, None, None]);
    }

    /// Pairs and their cost, of the best of all ways.
    fn best(costs: &[Vec<Option<u64>>], row: usize, used: &mut Vec<bool>) -> (usize, u64) {
        let Some(of_row) = costs.get(row) else { return (0, 0) };
        let mut best_way = best(costs, row + 1, used);
        for (column, cost) in of_row.iter().enumerate() {
            if let Some(cost) = cost.filter(|_| !used[column]) {
                used[column] = true;
                let (pairs, sum) = best(costs, row + 1, used);
                used[column] = false;
                let way = (pairs + 1, sum + cost);
                if way.0 > best_way.0 || (way.0 == best_way.0 && way.1 < best_way.1) {
                    best_way = way;
                }
            }
        }
        best_way
    }

    proptest::proptest! {
        #[test]
        fn no_way_is_better(
            rows in 0..6_usize,
            columns in 0..6_usize,
            costs in proptest::collection::vec(proptest::option::of(0..50_u64), 36),
        ) {
            let costs: Vec<Vec<_>> = (0..rows).map(|row| costs[row * 6..row * 6 + columns].to_vec()).collect();
            let matched = match_up(rows, columns, |row, column| costs[row][column]);
            let mut used = vec![false; columns];
            let (mut pairs, mut sum) = (0, 0);
            for (row, column) in matched.iter().enumerate() {
                if let Some(column) = *column {
                    proptest::prop_assert!(!used[column]);
                    used[column] = true;
                    pairs += 1;
                    sum += costs[row][column].unwrap();
                }
            }
            proptest::prop_assert_eq!((pairs, sum), best(&costs, 0, &mut vec![false; columns]));
        }
    }
}
