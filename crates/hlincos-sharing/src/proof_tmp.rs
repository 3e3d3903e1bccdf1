use alloc::vec; use alloc::vec::Vec; use super::*;
struct R(u64);
impl Randomness for R { fn fill(&mut self,o:&mut [u8]){for b in o{self.0=self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);*b=(self.0>>56) as u8;}} fn grade(&self)->RandomnessGrade{RandomnessGrade::Drbg}}
#[test] fn single_liar_5_of_40(){ let t=Threshold::new(5,40).unwrap(); let s=protect_and_split(t,b"x",&mut R(1)); let mut s=s; s[0][0]^=1;
 let a:Vec<_>=t.points().zip(s.iter().map(|v|&v[..])).collect(); std::eprintln!("{:?}",combine_robust(t,&a).map(|c|c.culprits)); }
#[test] fn framing_3_of_5(){ let t=Threshold::new(3,5).unwrap(); let mut s=protect_and_split(t,b"x",&mut R(1));
 // delta(x)=x*(x-3): zero at 0 and at 3
 for p in [1u8,2]{ s[usize::from(p)-1][0]^=field::mul(p,p^3);} let a:Vec<_>=t.points().zip(s.iter().map(|v|&v[..])).collect(); std::eprintln!("{:?}",combine_robust(t,&a).map(|c|c.culprits)); }
